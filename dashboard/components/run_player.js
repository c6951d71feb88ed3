// Going back and forth through what a run has recorded, and how fast it goes on. Whatever else on the page draws from the
// run's stream shows the same step; no script runs for it.
const SHORT = 60;  // steps below which a run is played slowly at first
const HEARD = 1000;  // milliseconds after which a run that does not keep to the pace it was told is told again
const TELLINGS = 3;

class RunPlayer {
  constructor(root) {
    this.root = root;
    this.range = root.querySelector('input');
    this.select = root.querySelector('select');
    this.range.addEventListener('input', () => this.go(Number(this.range.value), false));
    this.range.addEventListener('change', () => this.stream?.writeChoices());
    this.select.addEventListener('change', () => this.changeSpeed(Number(this.select.value)));
    const press = { first: () => this.go(0), back: () => this.go(this.index - 1), play: () => this.playing ? this.stop() : this.play(),
      next: () => this.go(this.index + 1), newest: () => this.go(this.moments.length) };
    for (const [name, act] of Object.entries(press)) this.button(name).addEventListener('click', act);
  }

  button(name) {
    return this.root.querySelector('.' + name);
  }

  receive(data, setTriggerValue) {
    this.data = data;
    this.send = setTriggerValue;
    follow(this, data, () => this.draw());
  }

  get moments() {
    return this.stream?.moments || [];
  }

  get index() {  // of the step that is shown
    const moments = this.moments, step = this.stream?.moment?.step;
    return step === undefined ? moments.length - 1 : moments.findIndex(one => one.step === step);
  }

  /** Shows a step; beyond the last one the newest, whatever comes. */
  go(index, stop = true) {
    const moments = this.moments;
    if (stop) this.stop();
    this.stream.show(index >= moments.length - 1 ? null : moments[Math.max(index, 0)].step);
    if (stop) this.stream.writeChoices();
  }

  // ---- playing

  play() {
    if (this.stream.at === null) this.go(0);
    this.playing = setTimeout(() => this.turn(), 1000 / this.speed);
    this.draw();
  }

  turn() {
    const next = this.index + 1;
    this.go(next, false);
    if (this.stream.at === null) return this.stop();
    this.playing = setTimeout(() => this.turn(), 1000 / this.speed);
  }

  stop() {
    if (!this.playing) return;
    clearTimeout(this.playing);
    this.playing = null;
    this.stream.writeChoices();
    this.draw();
  }

  get speed() {
    return this.chosen || (this.moments.length < SHORT ? 3 : 10);
  }

  changeSpeed(speed) {
    if (!this.data.steers) this.chosen = speed;
    else this.tell({ pace: speed, tellings: 0 });
  }

  /** Tells the run its pace; what is told while the page is drawn anew can be lost. */
  tell(wanted) {
    this.wanted = { ...wanted, at: Date.now(), tellings: wanted.tellings + 1 };
    this.send('pace', wanted.pace);
  }

  /** The pace to show: what was asked for until the run says that it keeps to it, or has been told often enough. */
  get pace() {
    const { wanted } = this, kept = this.stream.values.pace ?? 0;
    if (!wanted) return kept;
    if (kept === wanted.pace || !this.data.steers) this.wanted = null;
    else if (Date.now() - wanted.at > HEARD)
      if (wanted.tellings < TELLINGS) this.tell(wanted);
      else this.wanted = null;
    return this.wanted ? wanted.pace : kept;
  }

  // ---- drawing

  draw() {
    const moments = this.moments, { texts } = this.data, index = this.index, shown = moments[index];
    this.root.classList.toggle('empty', moments.length < 2);
    if (moments.length < 2) return;
    this.range.max = moments.length - 1;
    this.range.value = index;
    this.range.setAttribute('aria-label', texts.step);
    this.range.setAttribute('aria-valuetext', shown.text);
    write(this.root.querySelector('output'), shown.text);
    for (const name of ['first', 'back', 'next', 'newest']) this.name(name, texts[name]);
    this.name('newest', this.data.going_on ? texts.newest : texts.last);
    this.name('play', this.playing ? texts.halt : texts.play);
    write(this.root.querySelector('.play .word'), this.data.going_on ? '' : this.playing ? texts.halt : texts.again);
    this.button('play').classList.toggle('playing', Boolean(this.playing));
    this.button('first').disabled = this.button('back').disabled = index <= 0;
    this.button('next').disabled = this.button('newest').disabled = this.stream.at === null;
    this.drawSpeed();
    if (!this.playing) this.stream.writeChoices();
  }

  name(name, text) {
    const button = this.button(name);
    if (button.title === text) return;
    button.title = text;
    button.setAttribute('aria-label', text);
  }

  drawSpeed() {
    const { steers, paces, speeds, texts } = this.data;
    const options = steers ? paces : speeds, value = steers ? this.pace : this.speed;
    const shape = JSON.stringify(options);
    write(this.root.querySelector('label span'), steers ? texts.pace : texts.speed);
    if (this.shape !== shape) {
      this.shape = shape;
      this.select.replaceChildren(...options.map(([number, text]) => element('option', { value: number }, text)));
    }
    if (document.activeElement !== this.select || Number(this.select.value) !== value) this.select.value = value;
  }

  close() {
    clearTimeout(this.playing);
    unfollow(this);
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.run_player');
  root.player ||= new RunPlayer(root);
  root.player.receive(data, setTriggerValue);
  return () => {
    root.player?.close();
    root.player = null;
  };
}
