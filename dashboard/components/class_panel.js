// What a class's page shows of the class by itself: the vote, where to look, what is pinned, whether it is paused. All of it
// comes by one stream; an answer goes by one request. Nothing of what people wrote is read as markup.
const SEEN = 'stillroom.class.seen';   // the moment of the last "look here" that this tab followed
const GOES = 4000;                     // milliseconds in which a page that goes elsewhere has been drawn anew

class ClassPanel {
  constructor(root) {
    this.root = root;
    this.sent = {};      // answers that the server has, by vote
    this.drawn = '';
  }

  show(data, setTriggerValue) {
    this.data = data;
    this.texts = data.texts;
    this.trigger = setTriggerValue;
    Object.assign(this.sent, data.own);
    follow(this, data, () => this.draw());
  }

  get values() {
    return this.stream?.values || {};
  }

  /** Whether the page is the one to which the lecturer points. */
  isThere(here) {
    const page = location.pathname.split('/').pop() || 'soft-targets', asked = new URLSearchParams(location.search);
    return page === here.page && [...new URLSearchParams(here.link)].every(([name, value]) => asked.get(name) === value);
  }

  draw() {
    const { vote, result, here, following, paused, pinned, open, state } = this.values;
    if (state === 'gone' || open === false) return this.over();
    const key = JSON.stringify([vote, result, here, following, paused, pinned, this.sent, this.texts, this.data.role, this.stream?.polls, here && this.isThere(here)]);
    if (key !== this.drawn) {
      this.drawn = key;
      this.write();
    }
    if (this.data.role === 'student' && following && here) this.follow(here);
    if (this.data.state && state && state !== this.data.state) this.askOnce(state);
  }

  over() {
    if (this.drawn === 'over') return;
    this.drawn = 'over';
    this.root.replaceChildren();
    this.askOnce('over');
  }

  askOnce(state) {  // the page's script draws other controls: it is run once for each state
    if (this.asked === state) return;
    this.asked = state;
    clearTimeout(this.asking);
    // Not all of a class in the same moment; and not while the page goes elsewhere, which draws it anew by itself: a request
    // that left from the page before would lead back there.
    const wait = Date.now() - (this.went || 0) < GOES ? GOES : 50 + Math.random() * 700;
    this.asking = setTimeout(() => {
      if (dialogIsOpen()) this.asked = '';
      else if (this.data.state !== state) this.trigger('state', state);
    }, wait);
  }

  go(here) {
    sessionStorage.setItem(SEEN, here.at);
    clearTimeout(this.asking);
    this.asked = '';
    this.went = Date.now();
    this.trigger('go', here.at);
  }

  follow(here) {
    if (Number(sessionStorage.getItem(SEEN) || 0) >= here.at) return;
    this.go(here);
  }

  // ---- what stands there

  write() {
    const { here, following, paused, pinned } = this.values, lines = [];
    if (paused) lines.push(this.line('paused', this.texts.paused));
    if (this.data.role === 'student' && here && !this.isThere(here)) lines.push(this.place(here, following));
    if (pinned) lines.push(this.link('pinned', this.texts.pinned.replace('{what}', () => pinned.text), new URL(pinned.url, pageRoot())));
    const places = [...this.root.querySelectorAll('.vote')];
    const card = this.vote(places[0]);
    this.root.replaceChildren(...lines, ...(card ? [card] : []));
  }

  line(kind, text) {
    const line = document.createElement('p');
    line.className = kind;
    line.textContent = text;
    return line;
  }

  link(kind, text, url) {
    const line = this.line(kind, ''), link = document.createElement('a');
    link.textContent = text;
    link.href = url;
    line.append(link);
    return line;
  }

  button(text, press, kind = '') {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = kind;
    button.textContent = text;
    button.addEventListener('click', press);
    return button;
  }

  place(here, following) {
    const line = this.line('place', following ? this.texts.following : this.texts.here);
    line.append(this.button(this.texts.go, () => this.go(here)));
    return line;
  }

  // ---- the vote

  vote(before) {
    const { vote, result } = this.values;
    if (!vote) return null;
    if (before && before.dataset.vote === this.voteKey(vote, result)) return before;
    const card = document.createElement('section');
    card.className = 'vote';
    card.dataset.vote = this.voteKey(vote, result);
    card.setAttribute('aria-label', this.texts.vote);
    const head = this.line('asks', vote.question.asks);
    if (vote.round > 1) head.prepend(this.line('round', this.texts.again));
    card.append(head);
    if (vote.stage === 'revealed') card.append(...resultRows(result, this.texts));
    else if (this.data.role !== 'student') card.append(this.line('count', this.counted(vote)));
    else if (vote.id in this.sent) card.append(this.line('sent', this.texts.sent.replace('{answer}', answerText(vote.question, this.sent[vote.id]))));
    else if (vote.stage === 'closed') card.append(this.line('closed', this.texts.closed));
    else card.append(this.form(vote));
    return card;
  }

  /** While it stays the same the card is left alone: somebody may be choosing. */
  voteKey(vote, result) {
    const counts = this.data.role === 'student' ? '' : [vote.answered, this.values.students];
    return JSON.stringify([vote.id, vote.stage, this.sent[vote.id], result, this.data.role, counts, this.texts.send]);
  }

  counted(vote) {
    return this.texts.counted.replace('{n}', vote.answered).replace('{students}', this.values.students);
  }

  form(vote) {
    const form = document.createElement('form'), fields = answerFields(vote, this.texts);
    const note = this.line('note', '');
    note.setAttribute('role', 'status');
    const send = this.button(this.texts.send, () => {}, 'primary');
    send.type = 'submit';
    const change = () => send.disabled = fields.answer() === null;
    fields.root.addEventListener('input', change);
    change();
    form.append(fields.root, send, note);
    form.addEventListener('submit', event => {
      event.preventDefault();
      this.send(vote, fields.answer(), send, note);
    });
    return form;
  }

  async send(vote, answer, send, note) {
    if (answer === null) return;
    send.disabled = true;
    try {
      const body = JSON.stringify({ answer });
      const headers = { 'content-type': 'application/json', 'accept-language': document.documentElement.lang };
      const reply = await fetch(new URL('answers/' + vote.id, pageRoot()), { method: 'POST', body, headers });
      const said = await reply.json();
      if (!reply.ok) throw new Error(said.sentence);
      this.sent[vote.id] = said.answer;
      this.draw();
    } catch (error) {
      note.textContent = (error instanceof TypeError ? '' : error.message) || this.texts.unsent;
      send.disabled = false;
    }
  }

  close() {
    clearTimeout(this.asking);
    unfollow(this);
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.class_panel');
  root.panel ||= new ClassPanel(root);
  root.panel.show(data, setTriggerValue);
  return () => {
    root.panel?.close();
    root.panel = null;
  };
}
