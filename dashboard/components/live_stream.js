// One stream of server-sent events for each address on a page, shared by all components that draw from it; where no stream
// gets through, the same messages are asked for every two seconds. See dashboard/stream/snapshot_changes.py for the messages.
const SILENCE = 25000, FIRST = 10000; // milliseconds without a sign of life after which a stream counts as held back
const POLL = 2000, AGAIN = 60000;     // between two polls, and until a stream is tried again
const FAILURES = 3;
const LEAVE = 1500;                   // a component that is mounted anew comes back within this time

class LiveStream {
  constructor(address) {
    this.key = address;
    this.path = location.pathname;
    this.at = numberInLink(address, 'step');           // the step that is shown; null: the newest
    this.image = numberInLink(address, 'image') || 0;  // which of the pinned images is the large one
    this.turns = 0;                                    // how often the reader chose another
    this.values = {};
    this.charts = {};
    this.version = '';
    this.versions = {};
    this.polls = this.ended = false;
    this.failures = 0;
    this.listeners = new Set();
    this.open();
  }

  subscribe(listener) {
    clearTimeout(this.leaving);
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (!this.listeners.size) this.leaving = setTimeout(() => this.listeners.size || this.forget(), LEAVE);
    };
  }

  forget() {
    this.close();
    if (LiveStream.shared.get(this.key) === this) LiveStream.shared.delete(this.key);
  }

  close() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.silence);
    clearTimeout(this.polling);
  }

  // ---- the stream

  open() {
    const recorded = globalThis.stillroomRecordings?.[this.key];
    if (recorded) return this.replay(recorded);
    this.url ||= new URL(this.key, pageRoot());
    this.source?.close();
    const source = this.source = new EventSource(this.url);
    source.onmessage = event => this.alive() || this.take(event.lastEventId, JSON.parse(event.data));
    source.addEventListener('beat', () => this.alive());
    source.addEventListener('end', () => this.end());
    source.onerror = () => {
      this.failures += source.readyState === EventSource.CLOSED ? FAILURES : 1;
      if (this.failures >= FAILURES) this.fall();
    };
    this.expect(FIRST);
  }

  /** A page that needs no server brings along what the stream would have said. */
  replay(messages) {
    messages.forEach(message => this.take('', message));
    this.end();
  }

  /** Goes on after an end: what it is about may have been resumed. All who draw from it stay with it. */
  reopen() {
    this.ended = false;
    this.failures = 0;
    this.open();
  }

  alive() {
    this.failures = 0;
    clearTimeout(this.polling);
    this.polling = null;
    if (this.polls) {
      this.polls = false;
      this.announce();
    }
    this.expect(SILENCE);
  }

  expect(within) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.fall(), within);
  }

  end() {
    this.close();
    this.ended = true;
    this.announce();
  }

  // ---- polls in its place

  fall() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.silence);
    if (this.ended || this.polling) return;
    this.tryAgain = Date.now() + AGAIN;
    this.poll();
  }

  async poll() {
    this.polling = -1;
    try {
      const url = new URL(this.url);
      url.searchParams.set('after', this.version);
      const answer = await fetch(url);
      if (answer.status === 404) return this.lose();
      if (!answer.ok) throw new Error(answer.statusText);
      const { version, messages, ended } = await answer.json();
      if (!this.polling) return;
      const lost = this.unreachable;
      this.unreachable = false;
      this.polls = true;
      messages.forEach(message => this.take(version, message));
      this.announce();
      if (ended) return this.end();
      if (lost || Date.now() > this.tryAgain) {
        this.tryAgain = Date.now() + AGAIN;
        this.open();
      }
    } catch {
      this.unreachable = true;
    }
    if (this.polling) this.polling = setTimeout(() => this.poll(), POLL);
  }

  lose() {
    this.values = { ...this.values, state: 'gone' };
    this.end();
  }

  // ---- what came

  take(version, message) {
    if (version) this.version = version;
    if (message.full) {
      this.values = {};
      this.charts = {};
    }
    Object.assign(this.values, message.set);
    for (const name of Object.keys(message.set || {})) this.versions[name] = (this.versions[name] || 0) + 1;
    for (const [name, change] of Object.entries(message.charts || {})) this.takeChart(name, change);
    this.announce();
  }

  takeChart(name, change) {
    const chart = this.charts[name] ||= { groups: [], extent: [null, null], place: ['x', 'y'], version: 0 };
    chart.version += 1;
    if (change.extent) chart.extent = change.extent;
    if (change.keys) {
      const before = new Map(chart.groups.map(group => [group.name, group]));
      chart.place = change.place;
      chart.groups = change.keys.map(key => before.get(key.join('\n')) || { name: key.join('\n'), key, rows: [] });
    }
    for (const [index, stays, rows] of change.groups || []) {
      const group = chart.groups[index];
      group.rows.length = stays;
      group.rows.push(...rows);
    }
  }

  versionOf(name) {  // another text whenever there are other rows
    return [this.charts[name]?.version || this.versions['table.' + name] || 0, this.turns, this.moment?.step].join();
  }

  // ---- which step is shown

  get moments() {  // those that one can go back to, oldest first
    return (this.charts.moments?.groups[0]?.rows || []).map(([epoch, [step, text, top, T, headline]]) => ({ epoch, step, text, top, T, headline }));
  }

  get moment() {  // the one that is shown; null: the newest, with all that has come
    if (this.at === null) return null;
    const moments = this.moments;
    return moments.findLast(one => one.step <= this.at) || moments[0] || null;
  }

  show(step) {
    this.at = step;
    this.turns += 1;
    this.announce();
  }

  choose(image) {
    this.image = image;
    this.turns += 1;
    this.writeChoices();
    this.announce();
  }

  writeChoices() {
    writeInLink(this.key, this.path, 'step', this.at);
    writeInLink(this.key, this.path, 'image', this.image || null);
  }

  /** The newest row of each group of a chart, at the step that is shown. */
  latest(name) {
    const epoch = this.moment?.epoch ?? null;
    return (this.charts[name]?.groups || []).map(group => ({ key: group.key, row: lastRow(group.rows, epoch) })).filter(({ row }) => row);
  }

  /** Rows as the chart's specification reads them: the ends of the axes first. `logarithmic`: its vertical axis is. */
  rows(name, logarithmic = false) {
    const table = this.values['table.' + name], chart = this.charts[name], moment = this.moment;
    if (table) return table.rows.map(row => Object.fromEntries(row.map((value, i) => [table.columns[i], value])));
    if (!chart) return [];
    const [x, y] = chart.place, xmax = chart.extent[0], top = moment && !logarithmic ? moment.top : chart.extent[1];
    const rows = [{ kind: 'extent', look: 'other', label: '', text: '', [x]: 0, [y]: null, xmax, top }];
    const groups = moment ? groupsAt(chart.groups, moment.epoch, logarithmic ? null : top, logarithmic) : chart.groups;
    for (const { key: [kind, look, label, text], rows: places } of groups) {
      for (const [a, b] of places) rows.push({ kind, look, label, text, [x]: a, [y]: b });
    }
    return rows;
  }

  /** The newest value of each curve, its text as a column of that name. */
  latestRows(name, column) {
    const rows = [{ kind: 'extent', look: 'other', label: '', [column]: '', y: null }];
    for (const { key: [kind, look, label, text], row } of this.latest(name)) rows.push({ kind, look, label, [column]: text, y: row[1] });
    return rows;
  }

  announce() {  // at most once a frame
    if (this.announced) return;
    this.announced = true;
    requestAnimationFrame(() => {
      this.announced = false;
      for (const listener of [...this.listeners]) listener(this);
    });
  }
}

// Each component's code is a module of its own: they find each other's streams here.
LiveStream.shared = globalThis.stillroomLiveStreams ||= new Map();

/** Has `holder.stream` follow the stream of `data.address`, and `draw` called whenever something came, and now.
 *  `data.over`: the page is drawn as of the end, so that a stream that has ended is not opened again. */
function follow(holder, data, draw) {
  if (holder.stream?.ended && !data.over) holder.stream.reopen();
  if (holder.address !== data.address) {
    holder.leave?.();
    holder.stream = null;
    holder.address = data.address;
    holder.leave = watch(data.address, stream => {
      holder.stream = stream;
      draw();
    }, data.over);
  }
  draw();
}

function unfollow(holder) {
  holder.leave?.();
  holder.address = holder.leave = null;
}

function watch(address, listener, over = false) {
  const old = LiveStream.shared.get(address);
  if (!old) LiveStream.shared.set(address, new LiveStream(address));
  else if (old.ended && !over) old.reopen();
  const stream = LiveStream.shared.get(address);
  const leave = stream.subscribe(listener);
  stream.announce();
  return leave;
}

function pageRoot() {  // also behind a proxy that serves the pages under a path of its own
  const script = document.querySelector('script[src*="static/js/"]');
  return script ? new URL('../..', script.src) : new URL('.', location.href);
}
