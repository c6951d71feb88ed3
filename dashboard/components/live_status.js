// How far a run is, in words and as a bar. When what came means that the page itself has to be drawn anew (other buttons, the
// end), its script is run, once.
const SETTLE = 120;  // milliseconds: a script run that is under way already may bring what is new
const ASK_AGAIN = 2000;  // milliseconds after which a page that did not change is asked for again: a message can be lost
const TIMES = 3;

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

  /** In what the page and the stream differ. */
  get difference() {
    return this.data.state + '\n' + this.stream.values.state;
  }

  askSoon() {
    if (this.asking) return;
    this.asking = setTimeout(() => {
      this.asking = null;
      if (dialogIsOpen()) return;
      // A page that waits for the end and still waits after its script ran (it read the record too early) asks again.
      if (this.isOld() && (this.data.state === null || this.difference !== this.asked)) this.ask(TIMES);
    }, (this.data.settle ?? SETTLE) + Math.random() * (this.data.spread ?? 0));
  }

  /** Asks for the page to be drawn anew, and again where nothing has come of it after a while. */
  ask(times) {
    const asked = this.asked = this.difference;
    this.rerun('state', this.stream.values.state);
    clearTimeout(this.again);
    if (times > 1)
      this.again = setTimeout(() => {
        if (this.isOld() && this.difference === asked && !dialogIsOpen()) this.ask(times - 1);
      }, ASK_AGAIN);
  }

  close() {
    clearTimeout(this.asking);
    clearTimeout(this.again);
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
