// The first screen: logits came once, everything else is computed and drawn here while something is dragged. The server
// hears of a value when it is let go.

const views = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector('.soft');
  if (!views.has(root)) views.set(root, softTargets(root));
  views.get(root).receive(data, setStateValue);
}

function softTargets(root) {
  const NAMES = ['temperature', 'index', 'log'];
  const state = { temperature: 4, index: 0, log: false, picked: null, reader: 0 };
  const given = {}, told = {}, sent = { temperature: [], index: [], log: [] };
  let data, texts, send, parts, shape = '', pictures = '', held = null, beliefs = [], gliding = 0, images = [], curvesOf = null;
  const redraw = onceAFrame(() => { draw(); root.dataset.redraws = Number(root.dataset.redraws ?? 0) + 1; });

  // ------------------------------------------------------------------------------------------ to and from the server

  function receive(newData, setStateValue) {
    data = newData; texts = data.texts; send = setStateValue; curvesOf = null;
    const { classes, networks, mode, theme, mean_entropy } = data;
    const newShape = JSON.stringify([classes, networks, mode, theme, mean_entropy, texts]);
    const newPictures = data.images.map(image => image.src + image.title).join();
    if (newShape !== shape) { shape = newShape; build(); pictures = ''; }
    if (newPictures !== pictures) { pictures = newPictures; forget('index'); load(); }
    root.classList.toggle('unlabelled', data.images.every(image => labelOf(image) === null));
    for (const name of NAMES) take(name, data[name]);
    state.index = Math.min(Math.max(0, state.index), data.images.length - 1);
    redraw();
    spoken();
  }

  /** The server's value counts where it is new, and no echo of what was sent from here. */
  function take(name, value) {
    if (value === undefined || value === null || given[name] === value) return;
    given[name] = value;
    const echo = sent[name].indexOf(value);
    if (echo >= 0) { sent[name].splice(0, echo + 1); return; }
    if (held === name) return;
    state[name] = told[name] = value;
  }

  function forget(name) { delete given[name]; sent[name] = []; held = held === name ? null : held; }

  function letGo(name) {
    held = null;
    if (told[name] !== state[name]) {
      told[name] = state[name];
      sent[name] = [...sent[name].slice(-4), state[name]];
      send(name, state[name]);
      write(parts.live, sentence());
    }
    redraw();
    spoken();
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
    parts.columns = [column(data.truth, -1, classes, null, redraw),
      ...networks.map((look, n) => column(look, n, classes, cls => pick(cls, n), redraw))];
    together(parts.columns.map(each => each.list));
    parts.detail = element('p', { class: 'detail' });
    parts.says = element('p', { class: 'says' });
    parts.live = element('p', { class: 'unseen', 'aria-live': 'polite' });
    parts.morph = data.mode === 'morph' ? morph() : null;
    parts.heat = heat();
    parts.strip = data.mode === 'gallery' ? strip() : null;
    parts.formula = formula(texts);
    parts.figures = figures();
    parts.table = element('table', { class: 'unseen' });
    root.replaceChildren(
      element('div', { class: 'stage' },
        element('div', { class: 'picture' }, parts.canvas, parts.caption, ...(parts.morph ? [parts.morph.node] : [])),
        ...parts.columns.map(each => each.node), parts.detail),
      parts.heat.node, parts.says, ...(parts.strip ? [parts.strip.node] : []),
      element('section', { class: 'meaning' }, element('h3', {}, texts.formula), parts.formula.node, element('p', { class: 'tip' })),
      element('div', { class: 'figures' }, ...parts.figures.map(each => each.node)),
      parts.table, parts.live);
    tips(root.querySelector('.meaning'));
  }

  function heat() {
    const slider = element('input', { type: 'range', min: 0, max: 1, step: 'any', 'aria-label': texts.temperature });
    const readout = element('output', { class: 'readout' });
    const ticks = element('div', { class: 'ticks', 'aria-hidden': 'true' });
    for (const T of [0.25, 0.5, 1, 2, 4, 10, 20, 50, 100]) {
      const tick = element('span', T === 1 ? { class: 'one' } : [0.5, 2, 50].includes(T) ? { class: 'minor' } : {}, String(T));
      tick.style.left = `calc(var(--thumb) / 2 + ${placeOf(T)} * (100% - var(--thumb)))`;
      ticks.append(tick);
    }
    slider.addEventListener('input', () => { held = 'temperature'; still(); state.temperature = temperatureAt(Number(slider.value)); redraw(); });
    slider.addEventListener('change', () => letGo('temperature'));
    slider.addEventListener('keydown', event => {
      const T = state.temperature;
      const next = {
        ArrowRight: () => fineStep(T, 1), ArrowUp: () => fineStep(T, 1), ArrowLeft: () => fineStep(T, -1), ArrowDown: () => fineStep(T, -1),
        PageUp: () => coarseStep(T, 1), PageDown: () => coarseStep(T, -1), Home: () => COLDEST, End: () => HOTTEST,
      }[event.key];
      if (!next) return;
      event.preventDefault();
      held = 'temperature';
      still();
      state.temperature = next();
      slider.value = placeOf(state.temperature);
      redraw();
    });
    for (const end of ['keyup', 'blur']) slider.addEventListener(end, () => { if (held === 'temperature') letGo('temperature'); });
    const one = element('button', { type: 'button' }, texts.to_one);
    one.addEventListener('click', () => { state.temperature = 1; letGo('temperature'); });
    const log = element('input', { type: 'checkbox' });
    log.addEventListener('change', () => { state.log = log.checked; letGo('log'); });
    const node = element('div', { class: 'heat' }, readout, element('div', { class: 'slider' }, slider, ticks), one, element('label', {}, log, texts.log_scale));
    return { node, slider, readout, log };
  }

  function morph() {
    const slider = element('input', { type: 'range', min: 0, step: 1 });
    const from = element('b'), to = element('b');
    slider.addEventListener('input', () => { held = 'index'; still(); state.index = Number(slider.value); redraw(); });
    slider.addEventListener('change', () => letGo('index'));
    return { node: element('div', { class: 'morph' }, from, slider, to), slider, from, to };
  }

  function strip() {
    const list = element('div', { class: 'strip', role: 'listbox', tabindex: '0', 'aria-orientation': 'horizontal', 'aria-label': texts.images });
    const choose = index => { state.index = Math.min(data.images.length - 1, Math.max(0, index)); glide(); redraw(); };
    list.addEventListener('keydown', event => {
      const next = { ArrowRight: state.index + 1, ArrowLeft: state.index - 1, ArrowDown: state.index + 1, ArrowUp: state.index - 1, Home: 0, End: data.images.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      held = 'index';
      choose(next);
    });
    for (const end of ['keyup', 'blur']) list.addEventListener(end, () => { if (held === 'index') letGo('index'); });
    return { node: list, thumbs: [], choose };
  }

  function load() {
    images = data.images.map(({ src }) => { const image = new Image(); image.onload = redraw; image.src = src; return image; });
    if (parts.morph) parts.morph.slider.max = data.images.length - 1;
    if (!parts.strip) return;
    parts.strip.thumbs = data.images.map((image, k) => {
      const thumb = element('div', { role: 'option', id: `thumb-${k}`, 'aria-label': image.title, title: image.title }, element('img', { src: image.src, alt: '' }));
      thumb.addEventListener('click', () => { parts.strip.choose(k); letGo('index'); });
      return thumb;
    });
    parts.strip.node.replaceChildren(...parts.strip.thumbs);
  }

  function figures() {
    const { networks, classes, truth } = data, most = Math.log2(classes.length);
    const looks = networks.map(({ colour, dash, width, shape, title }) => ({ colour, dash, width, shape, name: networks.length > 1 ? title : texts.this_image }));
    const means = data.mean_entropy ? networks.map(({ colour }, k) => ({ colour, dash: '1 4', width: 2, name: k ? '' : fill(texts.mean, { of: data.mean_entropy.of || texts.data_set }) })) : [];
    const round = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(bits => bits < most - 0.25 && (most < 5 || bits % 2 === 0));
    return [
      figure(texts.entropy, texts.entropy_caption, {
        low: 0, high: most * 1.1, ticks: [[0, '0'], ...round.map(bits => [bits, String(bits)])], rules: [[most, fill(texts.most, { bits: most.toFixed(2) }), true]],
      }, [...looks, ...means]),
      figure(texts.gradient, texts.gradient_caption, {
        low: 0.45, high: 1, ticks: [[0.5, '50 %'], [0.75, '75 %'], [1, '100 %']], rules: [[0.5, texts.hard_half]],
      }, looks.map(look => networks.length > 1 ? look : { ...look, name: '' })),
      figure(texts.square, fill(texts.square_caption, { z: opposite() ? networks[opposite()].title : texts.zeros, v: networks[0].title }), {
        low: 1e-3, high: 10, log: true, ticks: [[1e-3, '0.1 %'], [1e-2, '1 %'], [0.1, '10 %'], [1, '100 %'], [10, '1000 %']],
      }, [{ colour: networks[0].colour, dash: '', width: 3, shape: 'square', name: texts.with_square },
        { colour: truth.colour, dash: '6 4', width: 2, shape: 'circle', name: texts.without_square }]),
    ];
  }

  /** Which network's logits stand for the student's in the gradient; 0: none, its logits are nought. */
  function opposite() {
    return Math.max(0, ['student', 'twin'].map(role => data.networks.findIndex(network => network.role === role)).find(k => k > 0) ?? 0);
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

  function together(lists) {
    for (const list of lists) list.addEventListener('scroll', () => { for (const other of lists) if (other.scrollTop !== list.scrollTop) other.scrollTop = list.scrollTop; });
  }

  // --------------------------------------------------------------------------------------------------------- drawing

  function pick(cls, reader) { state.picked = cls; state.reader = reader; redraw(); }

  function still() { root.classList.remove('glide'); }

  function glide() {
    root.classList.add('glide');
    clearTimeout(gliding);
    gliding = setTimeout(still, 220);
  }

  function labelOf(image) {
    return image.label === undefined ? null : image.label;
  }

  function sentence() {
    const image = data.images[state.index];
    return looksLike(data.networks.map(({ title }, n) => ({ title, logits: image.logits[n] })), labelOf(image), state.temperature, data.classes, texts);
  }

  function draw() {
    const { networks, classes } = data, image = data.images[state.index], T = state.temperature;
    const label = labelOf(image), hot = temperatureText(T), most = Math.log2(classes.length);
    beliefs = networks.map((_network, n) => logSoftmax(image.logits[n], T));
    const order = classes.length > MOST_IN_ORDER ? ranking(image.logits[0]) : classes.map((_name, i) => i);
    const uniform = fill(texts.uniform, { share: shareText(-Math.log(classes.length), texts) });
    drawPicture(image);
    parts.columns.forEach((each, k) => {
      each.scale(state.log, networks.length > 1);
      if (k === 0) {
        each.head(label === null ? texts.no_label : texts.label_says, '');
        each.bars(order, classes.map((_name, i) => (i === label ? 0 : -Infinity)), null, classes.map((_name, i) => (label === null ? '' : i === label ? '100 %' : '0')), state.log, null, label);
        each.foot(label === null ? '' : texts.nothing_else);
      } else {
        const logp = beliefs[k - 1];
        each.head(fill(texts.says, { title: networks[k - 1].title }), networks.length === 1 ? fill(texts.at, { T: hot }) : '');
        each.bars(order, logp, image.logits[k - 1], logp.map(l => shareText(l, texts, networks.length > 1)), state.log, state.picked, label);
        each.foot(fill(networks.length > 1 ? texts.bits_short : texts.bits, { bits: entropyBits(logp).toFixed(2), most: most.toFixed(2) }), uniform);
      }
    });
    drawHeat(T, hot);
    if (parts.morph) drawMorph();
    if (parts.strip) drawStrip();
    write(parts.says, sentence());
    drawDetail(image);
    const shown = state.picked ?? secondOf(image.logits[0]), reader = Math.min(state.reader, networks.length - 1);
    parts.formula.update(classes, image.logits[reader], shown, T, shareText(beliefs[reader][shown], texts));
    if (root.style.getPropertyValue('--p') !== networks[reader].colour) root.style.setProperty('--p', networks[reader].colour);
    drawFigures(image, T, most);
  }

  function drawPicture(image) {
    const picture = images[state.index], { canvas, caption } = parts, title = parts.morph ? fill(texts.morph_at, onTheWay()) : image.title;
    write(caption, title);
    if (!picture.complete || !picture.naturalWidth || canvas.dataset.shown === image.src) return;
    if (canvas.width !== picture.naturalWidth) canvas.width = picture.naturalWidth;
    if (canvas.height !== picture.naturalHeight) canvas.height = picture.naturalHeight;
    canvas.getContext('2d').drawImage(picture, 0, 0);
    canvas.dataset.shown = image.src;
    canvas.ariaLabel = title || texts.picture;
  }

  function drawHeat(T, hot) {
    const { slider, readout, log } = parts.heat;
    if (held !== 'temperature') slider.value = placeOf(T);
    if (slider.ariaValueText !== `T = ${hot}`) slider.ariaValueText = `T = ${hot}`;
    write(readout, `T = ${hot}`);
    log.checked = state.log;
  }

  function drawMorph() {
    const { slider, from, to } = parts.morph, said = onTheWay();
    write(from, said.from);
    write(to, said.to);
    if (Number(slider.value) !== state.index) slider.value = state.index;
    slider.ariaLabel = fill(texts.morph, said);
    slider.ariaValueText = fill(texts.morph_at, said);
  }

  function onTheWay() {
    const [from, to] = [data.morph.from, data.morph.to].map(end => data.classes[end] ?? String(end));
    return { from, to, share: Math.round(100 * state.index / Math.max(1, data.images.length - 1)) };
  }

  function drawStrip() {
    const { node, thumbs } = parts.strip;
    if (node.getAttribute('aria-activedescendant') === `thumb-${state.index}` && thumbs[state.index].ariaSelected === 'true') return;
    thumbs.forEach((thumb, k) => thumb.setAttribute('aria-selected', k === state.index));
    node.setAttribute('aria-activedescendant', `thumb-${state.index}`);
    const thumb = thumbs[state.index], left = thumb.offsetLeft - node.offsetLeft;
    if (left < node.scrollLeft) node.scrollLeft = left - 8;
    if (left + thumb.offsetWidth > node.scrollLeft + node.clientWidth) node.scrollLeft = left + thumb.offsetWidth - node.clientWidth + 8;
  }

  function drawDetail(image) {
    if (state.picked === null) { write(parts.detail, texts.choose_bar); return; }
    const reader = Math.min(state.reader, data.networks.length - 1), logp = beliefs[reader][state.picked], p = Math.exp(logp);
    write(parts.detail, fill(texts.exact, {
      title: data.networks[reader].title, name: data.classes[state.picked], share: shareText(logp, texts),
      p: p >= 1e-4 ? p.toPrecision(5) : scientific(logp, 4), logp: logp.toPrecision(5).replace('-', '−'),
      z: signedText(image.logits[reader][state.picked], 3),
    }));
  }

  function drawFigures(image, T, most) {
    const [entropy, gradient, square] = parts.figures, { networks } = data, mean = data.mean_entropy;
    const v = image.logits[0], z = opposite() ? image.logits[opposite()] : v.map(() => 0);
    if (curvesOf !== image) {
      curvesOf = image;
      const along = values => ({ at: SAMPLES, values });
      entropy.lines([...image.logits.map(logits => along(SAMPLES.map(t => entropyBits(logSoftmax(logits, t))))), ...(mean ? mean.bits.map(bits => ({ at: mean.temperatures, values: bits })) : [])]);
      gradient.lines(image.logits.map(logits => along(SAMPLES.map(t => gradientShare(logits, t)))));
      const errors = SAMPLES.map(t => gradientErrors(z, v, t));
      square.lines([along(errors.map(e => e.scaled)), along(errors.map(e => e.plain))]);
    }
    const bits = beliefs.map(entropyBits), shares = image.logits.map(logits => gradientShare(logits, T)), error = gradientErrors(z, v, T);
    entropy.mark(T, [...bits, ...networks.map(() => NaN)], bits.map(b => b.toFixed(2)).join(' · ') + ' ' + texts.bits_unit);
    gradient.mark(T, shares, shares.map(share => Number.isFinite(share) ? Math.round(100 * share) + ' %' : '–').join(' · '));
    square.mark(T, [error.scaled, error.plain], [error.scaled, error.plain].map(e => Number.isFinite(e) ? errorText(e) : '–').join(' · '));
  }

  function errorText(error) {
    return Number((100 * error).toPrecision(2)).toLocaleString('en-GB') + ' %';
  }

  /** What only a screen reader meets, brought up to date when something was let go. */
  function spoken() {
    draw();
    parts.columns.slice(1).forEach(each => each.spoken());
    const { networks, classes } = data, label = labelOf(data.images[state.index]);
    const cell = (tag, text, scope) => element(tag, scope ? { scope } : {}, text);
    const head = element('tr', {}, cell('th', texts.class_name, 'col'), cell('th', texts.label_says, 'col'),
      ...networks.map(({ title }) => cell('th', fill(texts.says, { title }) + fill(texts.at, { T: temperatureText(state.temperature) }), 'col')));
    const rows = classes.map((name, i) => element('tr', {}, cell('th', name, 'row'), cell('td', i === label ? '100 %' : '0'),
      ...beliefs.map(logp => cell('td', shareText(logp[i], texts)))));
    parts.table.replaceChildren(element('caption', {}, texts.table), head, ...rows);
    parts.figures.forEach(each => each.told(`T = ${temperatureText(state.temperature)}: ${each.node.querySelector('.value').textContent}`));
  }

  return { receive };
}
