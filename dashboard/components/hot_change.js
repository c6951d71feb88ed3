// What another temperature or weight does to a training that goes on, while the slider is still being dragged: to the targets of
// the large image, and to the shares of the gradient. Computed here from the logits that the run's stream has sent.
const MOST_TARGETS = 4;
const SLIDERS = { T: '.st-key-recipe-temperature', weight: '.st-key-recipe-teacher_weight' };

class HotChange {
  constructor(root) {
    this.root = root;
    // The sliders are the page's own; what they say to screen readers follows the pointer, before it is let go.
    this.watcher = new MutationObserver(onceAFrame(() => this.draw()));
    this.watcher.observe(document.body, { subtree: true, attributes: true, attributeFilter: ['aria-valuetext'] });
  }

  receive(data) {
    this.data = data;
    this.root.style.setProperty('--teacher', data.colours.teacher);
    this.root.style.setProperty('--labels', data.colours.labels);
    follow(this, data, () => this.draw());
  }

  /** The run's own values, and those of the sliders. */
  settings() {
    const { values } = this.stream, now = { T: values['pinned.T'], weight: values['pinned.weight'] };
    const read = name => {
      const text = document.querySelector(SLIDERS[name] + ' input[type="range"]')?.getAttribute('aria-valuetext');
      return text && Number.isFinite(Number(text)) ? Number(text) : now[name];
    };
    return { now, asked: { T: read('T'), weight: read('weight') } };
  }

  draw() {
    const images = this.stream?.values['pinned.images'], teacher = this.stream?.values['pinned.teacher'];
    this.root.hidden = !images || !teacher;
    if (this.root.hidden) return;
    const { now, asked } = this.settings(), { texts } = this.data;
    const differs = now.T !== asked.T || now.weight !== asked.weight, T = numberText(asked.T), w = numberText(asked.weight);
    this.root.classList.toggle('differs', differs);
    write(this.root.querySelector('.title'), fill(differs ? texts.would : texts.does, { T, w }));
    const chosen = Math.min(this.stream.image, images.length - 1);
    this.drawTargets(images[chosen], teacher[chosen], now.T, asked.T);
    this.drawShares(images, teacher, now, asked);
  }

  drawTargets(image, logits, before, after) {
    const [old, next] = [before, after].map(T => logSoftmax(logits, T).map(Math.exp));
    const bars = ranking(logits).map(c => image.bars.find(bar => bar.class === c)).filter(Boolean).slice(0, MOST_TARGETS);
    const end = Math.ceil(10 * Math.max(...old, ...next)) / 10;
    const rows = this.rowsFor(image.image + bars.map(bar => bar.name).join('\n'), bars);
    write(this.root.querySelector('.image'), fill(this.data.texts.image, { label: image.label }));
    rows.forEach((row, i) => {
      const c = bars[i].class;
      row.now.style.width = 100 * old[c] / end + '%';
      row.next.style.width = 100 * next[c] / end + '%';
      write(row.number, before === after ? shareText1(old[c]) : shareText1(old[c]) + ' → ' + shareText1(next[c]));
    });
  }

  rowsFor(shape, bars) {
    if (this.shape === shape) return this.rows;
    this.shape = shape;
    this.rows = bars.map(bar => {
      const row = { now: element('i', { class: 'now' }), next: element('i', { class: 'next' }), number: element('span', { class: 'number' }) };
      row.nodes = [element('span', { class: 'name', title: bar.name }, bar.name), element('div', { class: 'track' }, row.next, row.now), row.number];
      return row;
    });
    this.root.querySelector('.targets').replaceChildren(...this.rows.flatMap(row => row.nodes));
    return this.rows;
  }

  drawShares(images, teacher, now, asked) {
    const student = this.stream.latest('answers').find(({ key }) => key[3] === 'student')?.row[1];
    const place = this.root.querySelector('.shares');
    place.hidden = !student || !this.data.softened;
    if (place.hidden) return;
    const answers = images.map(one => one.answer);
    const [before, after] = [now, asked].map(({ T, weight }) => gradientSides(student, teacher, answers, T, weight, this.data.smoothing));
    const share = ({ labels, teacher: taught }) => taught / (labels + taught || 1), times = after.teacher / before.teacher;
    place.querySelector('.teacher').style.width = 100 * share(after) + '%';
    const values = { now: shareText1(share(before)), next: shareText1(share(after)), times: Number.isFinite(times) ? times.toPrecision(2) : '–' };
    const same = now.T === asked.T && now.weight === asked.weight;
    write(place.querySelector('p'), fill(same ? this.data.texts.share : this.data.texts.shares, values));
  }

  close() {
    this.watcher.disconnect();
    unfollow(this);
  }
}

function shareText1(p) {
  return percentText((100 * p).toFixed(p < 0.0995 ? 1 : 0));
}

function numberText(number) {
  return String(Number(number.toPrecision(6)));
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.hot_change');
  root.change ||= new HotChange(root);
  root.change.receive(data);
  return () => {
    root.change?.close();
    root.change = null;
  };
}
