// The first screen: logits arrive once, everything else is computed and drawn here while something is dragged. A value goes
// to the server when it is released.

const views = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector('.soft');
  if (!views.has(root)) views.set(root, softTargets(root));
  views.get(root).receive(data, setStateValue);
}

function softTargets(root) {
  const NAMES = ['temperature', 'index', 'log'];
  const state = { temperature: 4, index: 0, log: false, picked: null, network: 0 };
  const received = {}, known = {}, sent = { temperature: [], index: [], log: [] };
  let data, texts, send, parts, shape = '', sources = '', held = null, beliefs = [], gliding = 0, pictures = [];
  const redraw = onceAFrame(() => { draw(); root.dataset.redraws = Number(root.dataset.redraws ?? 0) + 1; });

  // ------------------------------------------------------------------------------------------ to and from the server

  function receive(newData, setStateValue) {
    data = newData; texts = data.texts; send = setStateValue;
    speak(data.lang);
    const { classes, networks, mode, theme, mean_entropy } = data;
    const newShape = JSON.stringify([classes, networks, mode, theme, mean_entropy, texts]);
    const newSources = data.images.map(image => image.src + image.title).join();
    if (newShape !== shape) { shape = newShape; build(); sources = ''; }
    if (newSources !== sources) { sources = newSources; forget('index'); load(); }
    root.classList.toggle('beside_lesson', Boolean(data.beside_lesson));
    root.classList.toggle('unlabelled', data.images.every(image => labelOf(image) === null));
    for (const name of NAMES) accept(name, data[name]);
    state.index = Math.min(Math.max(0, state.index), data.images.length - 1);
    redraw();
    describe();
  }

  /** A value from the server counts where it is new, and not an echo of what was sent from here. */
  function accept(name, value) {
    if (value === undefined || value === null || received[name] === value) return;
    received[name] = value;
    const echo = sent[name].indexOf(value);
    if (echo >= 0) { sent[name].splice(0, echo + 1); return; }
    if (held === name) return;
    state[name] = known[name] = value;
  }

  function forget(name) { delete received[name]; sent[name] = []; held = held === name ? null : held; }

  function release(name) {
    held = null;
    if (known[name] !== state[name]) {
      known[name] = state[name];
      sent[name] = [...sent[name].slice(-4), state[name]];
      send(name, state[name]);
      write(parts.live, sentence());
    }
    redraw();
    describe();
  }

  // -------------------------------------------------------------------------------------------------------- building

  function build() {
    const { networks, classes } = data;
    root.style.setProperty('--truth', data.truth.colour);
    root.style.setProperty('--networks', networks.length);
    root.style.setProperty('--name', Math.min(10, Math.max(1.6, 0.7 + 0.6 * Math.max(...classes.map(name => name.length)))) + 'em');
    root.dataset.networks = networks.length;
    root.dataset.mode = data.mode;
    root.dataset.theme = data.theme;
    root.classList.toggle('many', classes.length > MOST_IN_ORDER);
    parts = { canvas: element('canvas', { role: 'img' }), caption: element('div', { class: 'caption' }) };
    parts.columns = [beliefColumn(data.truth, -1, classes, null, redraw),
      ...networks.map((look, n) => beliefColumn(look, n, classes, cls => pick(cls, n), redraw))];
    scrollTogether(parts.columns.map(each => each.list));
    parts.detail = element('p', { class: 'detail' });
    parts.sentence = element('p', { class: 'sentence' });
    parts.live = element('p', { class: 'unseen', 'aria-live': 'polite' });
    parts.morph = data.mode === 'morph' ? morphSlider(texts, draggedBy('index')) : null;
    parts.temperature = temperatureSlider(texts, {
      ...draggedBy('temperature'), reset: () => { state.temperature = 1; release('temperature'); }, setLog: on => { state.log = on; release('log'); },
    });
    parts.strip = data.mode === 'gallery' ? thumbnailStrip(texts, chosenAmongThumbnails()) : null;
    parts.formula = softmaxFormula(texts);
    parts.figures = temperatureFigures(data);
    parts.table = element('table');
    root.replaceChildren(
      element('div', { class: 'stage' },
        element('div', { class: 'picture' }, parts.canvas, parts.caption, ...(parts.morph ? [parts.morph.node] : [])),
        ...parts.columns.map(each => each.node), parts.detail),
      parts.temperature.node, parts.sentence, ...(parts.strip ? [parts.strip.node] : []),
      element('section', { class: 'meaning' }, element('h3', {}, texts.formula), parts.formula.node, element('p', { class: 'tip' })),
      element('div', { class: 'figures' }, ...parts.figures.nodes),
      element('div', { class: 'unseen' }, parts.table), parts.live);
    tips(root.querySelector('.meaning'));
  }

  /** What the controls of a state value call while it is dragged and when it is let go. */
  function draggedBy(name) {
    return {
      current: () => state[name],
      drag: value => { held = name; stopGlide(); state[name] = value; redraw(); },
      release: () => release(name),
      releaseKey: () => { if (held === name) release(name); },
    };
  }

  function chosenAmongThumbnails() {
    const choose = index => { state.index = Math.min(data.images.length - 1, Math.max(0, index)); glide(); redraw(); };
    return { ...draggedBy('index'), choose, hold: () => { held = 'index'; } };
  }

  function load() {
    pictures = data.images.map(({ src }) => { const image = new Image(); image.onload = redraw; image.src = src; return image; });
    (parts.morph ?? parts.strip)?.load(data.images);
  }

  /** Tooltips of the formula's symbols: MathML has none of its own. */
  function tips(section) {
    const line = section.querySelector('.tip');
    write(line, texts.tip);
    section.addEventListener('pointerover', event => {
      const symbol = event.composedPath().find(node => node.dataset?.tip);
      write(line, symbol ? symbol.dataset.tip : texts.tip);
    });
    section.addEventListener('pointerleave', () => write(line, texts.tip));
  }

  function scrollTogether(lists) {
    for (const list of lists) list.addEventListener('scroll', () => { for (const other of lists) if (other.scrollTop !== list.scrollTop) other.scrollTop = list.scrollTop; });
  }

  // --------------------------------------------------------------------------------------------------------- drawing

  function pick(cls, network) { state.picked = cls; state.network = network; redraw(); }

  function stopGlide() { root.classList.remove('glide'); }

  function glide() {
    root.classList.add('glide');
    clearTimeout(gliding);
    gliding = setTimeout(stopGlide, 220);
  }

  function labelOf(image) {
    return image.label === undefined ? null : image.label;
  }

  function sentence() {
    const image = data.images[state.index];
    return beliefSentence(data.networks.map(({ title }, n) => ({ title, logits: image.logits[n] })), labelOf(image), state.temperature, data.classes, texts);
  }

  function draw() {
    const { networks, classes } = data, image = data.images[state.index], T = state.temperature;
    const label = labelOf(image), shownT = temperatureText(T), most = Math.log2(classes.length);
    beliefs = networks.map((_network, n) => logSoftmax(image.logits[n], T));
    const order = classes.length > MOST_IN_ORDER ? ranking(image.logits[0]) : classes.map((_name, i) => i);
    const uniform = fill(texts.uniform, { share: shareText(-Math.log(classes.length), texts) });
    drawPicture(image);
    parts.columns.forEach((each, k) => {
      each.scale(state.log, networks.length > 1);
      if (k === 0) {
        each.head(label === null ? texts.no_label : texts.label_says, '');
        each.bars(order, classes.map((_name, i) => (i === label ? 0 : -Infinity)), null, classes.map((_name, i) => (label === null ? '' : i === label ? percentText(100) : '0')), state.log, null, label);
        each.foot(label === null ? '' : texts.nothing_else);
      } else {
        const logp = beliefs[k - 1];
        each.head(fill(texts.says, { title: networks[k - 1].title }), networks.length === 1 ? fill(texts.at, { T: shownT }) : '');
        each.bars(order, logp, image.logits[k - 1], logp.map(l => shareText(l, texts, networks.length > 1)), state.log, state.picked, label);
        each.foot(fill(networks.length > 1 ? texts.bits_short : texts.bits, entropyOf(entropyBits(logp), most)), uniform);
      }
    });
    parts.temperature.update(T, shownT, state.log, held === 'temperature');
    parts.temperature.lock(Boolean(data.locked));
    parts.morph?.update(state.index, morphWay());
    parts.strip?.update(state.index);
    write(parts.sentence, sentence());
    drawDetail(image);
    const shown = state.picked ?? secondOf(image.logits[0]), network = Math.min(state.network, networks.length - 1);
    parts.formula.update(classes, image.logits[network], shown, T, shareText(beliefs[network][shown], texts));
    if (root.style.getPropertyValue('--p') !== networks[network].colour) root.style.setProperty('--p', networks[network].colour);
    parts.figures.update(image, beliefs, T);
  }

  function drawPicture(image) {
    const picture = pictures[state.index], { canvas, caption } = parts, title = parts.morph ? fill(texts.morph_at, morphWay()) : image.title;
    write(caption, title);
    if (!picture.complete || !picture.naturalWidth || canvas.dataset.shown === image.src) return;
    if (canvas.width !== picture.naturalWidth) canvas.width = picture.naturalWidth;
    if (canvas.height !== picture.naturalHeight) canvas.height = picture.naturalHeight;
    canvas.getContext('2d').drawImage(picture, 0, 0);
    canvas.dataset.shown = image.src;
    canvas.ariaLabel = title || texts.picture;
  }

  function morphWay() {
    const [from, to] = [data.morph.from, data.morph.to].map(end => data.classes[end] ?? String(end));
    return { from, to, share: Math.round(100 * state.index / Math.max(1, data.images.length - 1)) };
  }

  function drawDetail(image) {
    if (state.picked === null) { write(parts.detail, texts.choose_bar); return; }
    const network = Math.min(state.network, data.networks.length - 1), logp = beliefs[network][state.picked], p = Math.exp(logp);
    write(parts.detail, fill(texts.exact, {
      title: data.networks[network].title, name: data.classes[state.picked], share: shareText(logp, texts),
      p: p >= 1e-4 ? p.toPrecision(5) : scientific(logp, 4), logp: logp.toPrecision(5).replace('-', '−'),
      z: signedText(image.logits[network][state.picked], 3),
    }));
  }

  /** What only a screen reader gets, brought up to date when something is released. */
  function describe() {
    draw();
    parts.columns.slice(1).forEach(each => each.describe());
    const { networks, classes } = data, label = labelOf(data.images[state.index]);
    const cell = (tag, text, scope) => element(tag, scope ? { scope } : {}, text);
    const head = element('tr', {}, cell('th', texts.class_name, 'col'), cell('th', texts.label_says, 'col'),
      ...networks.map(({ title }) => cell('th', fill(texts.says_at, { title, T: temperatureText(state.temperature) }), 'col')));
    const rows = classes.map((name, i) => element('tr', {}, cell('th', name, 'row'), cell('td', i === label ? percentText(100) : '0'),
      ...beliefs.map(logp => cell('td', shareText(logp[i], texts)))));
    parts.table.replaceChildren(element('caption', {}, texts.table), head, ...rows);
    parts.figures.describe(state.temperature);
  }

  return { receive };
}
