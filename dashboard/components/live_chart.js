// A Vega-Lite chart whose rows come from a stream. The specification is drawn once; new rows go into the view, so that the
// reader's zoom and what the pointer shows stay.
class LiveChart {
  constructor(root) {
    this.root = root;
    this.turn = 0;
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(root);
  }

  show(data) {
    this.data = data;
    const drawn = JSON.stringify([data.spec, data.rows, data.behind]);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.forget();
    }
    follow(this, data, () => this.draw());
  }

  rows() {
    const { rows, latest, logarithmic, behind = [] } = this.data;
    if (latest) return this.stream.latestRows(rows, latest);
    const [extent, ...drawn] = this.stream.rows(rows, logarithmic);
    if (!extent) return [];
    // What stands behind a curve comes from elsewhere, and is there before it.
    return [extent, ...behind.map(([kind, look, label, text, x, y]) => ({ kind, look, label, text, x, y })), ...drawn];
  }

  draw() {
    if (!this.stream) return;
    const version = this.stream.versionOf(this.data.rows);
    if (!this.view) return this.embed();
    if (version === this.version) return;
    this.version = version;
    this.view.data('source', this.rows()).resize().runAsync();
    this.root.dataset.draws = Number(this.root.dataset.draws || 0) + 1;
  }

  async embed() {
    const rows = this.rows();
    // A logarithmic axis has no ends before there is a row besides the extent.
    if (this.embedding || !this.root.clientWidth || rows.length < (this.data.logarithmic ? 2 : 1)) return;
    const turn = this.turn;
    this.embedding = true;
    try {
      const { t: load } = await import(this.data.vega.startsWith('blob:') ? this.data.vega : new URL(this.data.vega, pageRoot()));
      const { embed, expressionInterpreter } = await load();
      if (turn !== this.turn) return;
      this.width = this.root.clientWidth;
      const spec = { ...this.data.spec, width: this.width, data: { name: 'source', values: rows } };
      if (spec.title) spec.title = { ...spec.title, limit: Math.max(this.width - 40, 0) };
      const place = document.createElement('div');
      const drawn = await embed(place, spec, {
        ast: true, expr: expressionInterpreter, renderer: 'svg', actions: false, defaultStyle: false, tooltip: { disableDefaultStyle: true },
      });
      if (turn !== this.turn) return drawn.finalize();
      this.root.replaceChildren(place);
      this.finalize = drawn.finalize;
      this.view = drawn.view;
      this.version = -1;
      this.draw();
    } finally {
      this.embedding = false;
      if (turn !== this.turn) this.embed();
    }
  }

  resize() {
    const width = this.root.clientWidth;
    if (!width || width === this.width) return;
    if (!this.view) return this.stream && this.embed();
    if (this.data.spec.title) {  // how long its title may be belongs to the specification
      this.forget();
      return this.embed();
    }
    this.width = width;
    this.view.width(width).resize().runAsync();
  }

  forget() {
    this.turn += 1;
    this.finalize?.();
    this.finalize = this.view = null;
  }

  close() {
    this.sizes.disconnect();
    unfollow(this);
    this.forget();
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.live_chart');
  root.style.minHeight = data.spec.height + 'px';
  root.chart ||= new LiveChart(root);
  root.chart.show(data);
  return () => {
    root.chart?.close();
    root.chart = null;
  };
}
