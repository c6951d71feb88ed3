// The presenter's view, and its keys. The page is drawn as on a screen of 1280 pixels and enlarged to the projector's width.
const ON = 'stillroom.present', DRAWN_FOR = 1280, LARGEST = 3;
const WRITES = 'input:not([type="range"], [type="radio"], [type="checkbox"]), textarea, select, [contenteditable="true"]';
const CHOOSES = '[role="slider"], [role="listbox"], [role="radiogroup"], [role="tablist"], [role="combobox"], input, select';

class Presenter {
  constructor(root) {
    this.root = root;
    this.hidden = 0;      // the vote that the presenter has put aside
    this.keys = event => this.press(event);
    this.moves = event => this.moveRing(event);
    this.sizes = () => this.enlarge();
    document.addEventListener('keydown', this.keys, true);
    document.addEventListener('pointermove', this.moves);
    window.addEventListener('resize', this.sizes);
    if (new URLSearchParams(location.search).has('present')) sessionStorage.setItem(ON, '1');
  }

  show(data, setTriggerValue) {
    this.data = data;
    this.trigger = setTriggerValue;
    if (data.address) follow(this, data, () => this.draw());
    else {
      unfollow(this);
      this.stream = null;
      this.draw();
    }
  }

  get on() {
    return sessionStorage.getItem(ON) === '1';
  }

  // ---- keys

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.composedPath()[0];
    if (at.closest?.(WRITES) || document.querySelector('[role="dialog"]')) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = { p: () => this.toggle(), ...(this.on ? this.presenting(at) : {}) }[key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  presenting(at) {
    const moves = this.data.code ? { PageDown: () => this.act('next'), PageUp: () => this.act('back') } : {};
    if (this.data.code && !at.closest?.(CHOOSES)) Object.assign(moves, { ArrowRight: moves.PageDown, ArrowLeft: moves.PageUp });
    return { b: () => this.blank(), '.': () => this.blank(), r: () => this.ring(), v: () => this.putAside(), ...moves };
  }

  toggle() {
    sessionStorage.setItem(ON, this.on ? '0' : '1');
    const asked = new URLSearchParams(location.search);
    asked.delete('present');
    if (this.on) asked.set('present', '1');
    history.replaceState(history.state, '', location.pathname + (asked.size ? '?' + asked : '') + location.hash);
    this.draw();
  }

  act(what) {
    this.trigger('act', { what, code: this.data.code, at: Date.now() });
  }

  blank() {
    this.part('blank').hidden = !this.part('blank').hidden;
  }

  ring() {
    const ring = this.part('ring');
    ring.hidden = !ring.hidden;
  }

  moveRing(event) {
    const ring = this.root.querySelector('.ring');
    if (ring && !ring.hidden) ring.style.translate = `${event.clientX}px ${event.clientY}px`;
  }

  putAside() {
    const vote = this.stream?.values.vote;
    this.hidden = vote && this.hidden !== vote.id ? vote.id : 0;
    this.draw();
  }

  // ---- what stands there

  draw() {
    document.documentElement.classList.toggle('presenting', this.on);
    this.enlarge();
    this.root.hidden = !this.on;
    if (!this.on) return;
    this.part('blank').title = this.data.texts.blank;
    this.part('strip').replaceChildren(...this.strip());
    this.drawVote();
  }

  enlarge() {
    const scale = this.on ? Math.min(LARGEST, Math.max(1, window.innerWidth / DRAWN_FOR)) : 1;
    document.documentElement.style.setProperty('--presented', scale);
  }

  part(kind) {
    let part = this.root.querySelector('.' + kind);
    if (!part) {
      part = document.createElement('div');
      part.className = kind;
      part.hidden = kind === 'blank' || kind === 'ring';
      this.root.append(part);
    }
    return part;
  }

  strip() {
    const values = this.stream?.values || {}, texts = this.data.texts, [at, of, title] = values.place || [0, 0, ''];
    const { vote } = values, words = [];
    if (of) words.push(`${at} / ${of} ${title}`);
    if (values.students !== undefined) words.push(texts.students.replace('{n}', values.students));
    if (values.paused) words.push(texts.paused);
    if (vote && vote.stage === 'open' && this.hidden === vote.id) words.push(fill(texts.hidden, vote, values));
    if (this.data.code) words.push(this.data.code);
    return words.map(text => {
      const word = document.createElement('span');
      word.textContent = text;
      return word;
    });
  }

  drawVote() {
    const { vote, result, students } = this.stream?.values || {}, place = this.part('voting');
    // What was revealed before this view began is over; V shows it again.
    if (students !== undefined && !this.begun) {
      this.begun = true;
      if (vote?.stage === 'revealed') this.hidden = vote.id;
    }
    const shown = vote && this.hidden !== vote.id;
    place.hidden = !shown;
    if (!shown) return;
    const key = JSON.stringify([vote, result, students]);
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.replaceChildren(...this.voteParts(vote, result));
  }

  voteParts(vote, result) {
    const texts = this.data.texts, values = this.stream.values;
    const parts = [...(vote.round > 1 ? [paragraph('round', texts.again)] : []), paragraph('asks', vote.question.asks)];
    if (vote.stage === 'revealed') parts.push(...resultRows(result, texts));
    else {
      if (vote.question.kind !== 'number') parts.push(options(vote.question.options));
      parts.push(paragraph('count', fill(texts.counted, vote, values)));
      if (vote.stage === 'closed') parts.push(paragraph('closed', texts.closed));
      parts.push(this.joining());
    }
    parts.push(this.buttons(vote));
    return parts;
  }

  joining() {
    const place = document.createElement('div'), picture = document.createElement('img');
    place.className = 'joining';
    picture.src = this.data.qr;
    picture.alt = '';
    place.append(picture, paragraph('join', this.data.texts.join.replace('{address}', this.data.join.split('?')[0]).replace('{code}', this.data.code)));
    return place;
  }

  buttons(vote) {
    const row = document.createElement('div'), texts = this.data.texts;
    row.className = 'buttons';
    const add = (text, press) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = text;
      button.addEventListener('click', press);
      row.append(button);
    };
    if (vote.stage === 'open') add(texts.close, () => this.act('close'));
    if (vote.stage !== 'revealed') add(texts.reveal, () => this.act('reveal'));
    if (vote.stage !== 'open') add(texts.second, () => this.act('again'));
    add(texts.hide, () => this.putAside());
    return row;
  }

  close() {
    document.removeEventListener('keydown', this.keys, true);
    document.removeEventListener('pointermove', this.moves);
    window.removeEventListener('resize', this.sizes);
    unfollow(this);
  }
}

function paragraph(kind, text) {
  const line = document.createElement('p');
  line.className = kind;
  line.textContent = text;
  return line;
}

function options(texts) {
  const list = document.createElement('ol');
  for (const text of texts) {
    const item = document.createElement('li');
    item.textContent = text;
    list.append(item);
  }
  return list;
}

function fill(text, vote, values) {
  return text.replace('{n}', vote.answered).replace('{students}', values.students);
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.presenter');
  root.presenter ||= new Presenter(root);
  root.presenter.show(data, setTriggerValue);
  return () => {
    root.presenter?.close();
    root.presenter = null;
  };
}
