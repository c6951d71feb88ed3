// How far a run is, in words and as a bar. When what came means that the page itself has to be drawn anew (other buttons, the
// end), its script is run, once.
const SETTLE = 120;  // milliseconds: a script run that is under way already may bring what is new

class LiveStatus {
  constructor(root) {
    this.root = root;
    this.asked = '';
  }

  show(data, setTriggerValue) {
    this.data = data;
    this.rerun = setTriggerValue;
    follow(this, data, () => this.draw());
  }

  draw() {
    const values = this.stream?.values || {};
    const text = values.text ?? this.data.text, share = values.share ?? this.data.share;
    const line = this.root.querySelector('.text'), bar = this.root.querySelector('[role="progressbar"]');
    this.root.querySelector('.progress').hidden = !this.data.shown;
    if (line.textContent !== text) line.textContent = text;
    bar.firstElementChild.style.width = 100 * share + '%';
    bar.setAttribute('aria-valuenow', Math.round(100 * share));
    bar.setAttribute('aria-label', this.data.texts.progress);
    const note = this.root.querySelector('.note');
    note.textContent = this.stream?.polls ? this.data.texts.polls : '';
    if (this.isOld()) this.askSoon();
  }

  isOld() {
    const state = this.stream?.values.state;
    return this.data.state === null ? this.stream?.ended : state !== undefined && state !== this.data.state;
  }

  askSoon() {
    if (this.asking) return;
    this.asking = setTimeout(() => {
      this.asking = null;
      const state = this.stream.values.state, asked = this.data.state + '\n' + state;
      // A page that waits for the end and still waits after its script ran (it read the record too early) asks again.
      if (!this.isOld() || (this.data.state !== null && asked === this.asked)) return;
      this.asked = asked;
      this.rerun('state', state);
    }, this.data.settle ?? SETTLE);
  }

  close() {
    clearTimeout(this.asking);
    unfollow(this);
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.live_status');
  root.status ||= new LiveStatus(root);
  root.status.show(data, setTriggerValue);
  return () => {
    root.status?.close();
    root.status = null;
  };
}
