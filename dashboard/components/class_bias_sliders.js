// A slider for each class that was left out of the training. The answers arrive once; what a bias makes of them is counted
// and drawn here while a slider is dragged. The biases go to the server when it is released.

const views = new WeakMap();
const FINE = 0.1, COARSE = 1;

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector('.omitted');
  if (!views.has(root)) views.set(root, omittedBias(root));
  views.get(root).receive(data, setStateValue);
}

function omittedBias(root) {
  let data, texts, send, parts, networks, labels, zero, bias = [], known = '', turn = null, built = '', held = false, active = 0;
  const redraw = onceAFrame(() => { draw(); root.dataset.redraws = Number(root.dataset.redraws ?? 0) + 1; });

  function receive(newData, setStateValue) {
    data = newData; texts = data.texts; send = setStateValue;
    speak(data.lang);
    const { turn: newTurn, bias: newBias, ...rest } = data, shape = JSON.stringify(rest);
    const renewed = turn !== newTurn && !held;
    if (renewed) { turn = newTurn; bias = [...newBias]; known = bias.join(); }
    if (shape !== built) { built = shape; active = Math.min(active, bias.length - 1); unpack(); build(); }
    else if (renewed) redrawFigures();
    redraw();
    if (!held) describe();
  }

  function unpack() {
    labels = unpacked(data.labels, Uint16Array);
    networks = data.networks.map(({ margins, right }) => ({ margins: unpacked(margins, Float32Array), right: unpacked(right, Uint8Array) }));
    zero = networks.map(network => countWrong(network, labels, bias.map(() => 0)));
  }

  // --------------------------------------------------------------------------------------------- input

  /** A slider was moved, the others stay. `value` within the slider's bounds, to a thousandth. */
  function move(k, value) {
    held = true;
    bias[k] = Math.round(1000 * Math.min(data.high, Math.max(data.low, value))) / 1000;
    if (active !== k) { active = k; drawFigures(); }
    redraw();
  }

  function release() {
    held = false;
    if (known !== bias.join()) {
      known = bias.join();
      send('bias', [...bias]);
      write(parts.live, sentence());
    }
    redraw();
    describe();
  }

  function setBias(values) {
    bias = [...values];
    redrawFigures();
    release();
  }

  // -------------------------------------------------------------------------------------------------------- building

  function build() {
    root.dataset.theme = data.theme;
    root.classList.toggle('several', data.classes.length > 1);
    parts = { sliders: data.classes.map(slider), sentence: element('p', { class: 'sentence' }), live: element('p', { class: 'unseen', 'aria-live': 'polite' }) };
    parts.blocks = [block('recall', fill(texts.recall, ofClasses())), block('wrong', fill(texts.wrong, ofClasses())), block('errors', fill(texts.errors, { images: whole(labels.length) }))];
    parts.figures = element('div', { class: 'figures' });
    root.replaceChildren(element('div', { class: 'sliders' }, ...parts.sliders.map(each => each.node)), element('p', { class: 'meaning' }, texts.meaning), buttons(),
      element('div', { class: 'blocks' }, ...parts.blocks.map(each => each.node)), parts.sentence, parts.figures, parts.live);
    drawFigures();
  }

  function slider(name, k) {
    const { low, high } = data, place = value => (value - low) / (high - low);
    const at = (node, value) => { node.style.left = `calc(var(--thumb) / 2 + ${place(value)} * (100% - var(--thumb)))`; return node; };
    const input = element('input', { type: 'range', min: low, max: high, step: 0.001, 'aria-label': fill(texts.bias_of, { name }) });
    const ticks = element('div', { class: 'ticks', 'aria-hidden': 'true' }, ...data.ticks.map(value =>
      at(element('span', value ? {} : { class: 'one' }, signed(value, 0)), value)));
    const marks = element('div', { class: 'bests', 'aria-hidden': 'true' }, ...data.networks.filter(each => each.best).map(each => {
      const mark = at(element('span', { title: fill(texts.best_for, each) }, each.mark), each.best[k]);
      mark.style.color = each.colour;
      return mark;
    }));
    input.addEventListener('input', () => move(k, snapped(Number(input.value))));
    input.addEventListener('change', release);
    input.addEventListener('keydown', event => {
      const by = { ArrowRight: FINE, ArrowUp: FINE, ArrowLeft: -FINE, ArrowDown: -FINE, PageUp: COARSE, PageDown: -COARSE }[event.key];
      const end = { Home: low, End: high }[event.key];
      if (by === undefined && end === undefined) return;
      event.preventDefault();
      move(k, end ?? stepped(bias[k], by));
    });
    for (const end of ['keyup', 'blur']) input.addEventListener(end, () => { if (held) release(); });
    const readout = element('output', { class: 'readout' }), recalls = element('div', { class: 'recalls' });
    const node = element('div', { class: 'slider_row' }, element('div', { class: 'what' }, element('span', {}, fill(texts.bias_of, { name })), readout),
      element('div', { class: 'slider' }, marks, input, ticks), ...(data.classes.length > 1 ? [recalls] : []));
    return { node, input, readout, recalls };
  }

  /** A pointer moves in steps of a twentieth, so that zero and round numbers are hit. */
  function snapped(value) { return Math.round(20 * value) / 20; }

  /** The next multiple of the step. */
  function stepped(value, by) {
    const step = Math.abs(by), steps = value / step;
    return (by > 0 ? Math.floor(steps + 1e-6) + 1 : Math.ceil(steps - 1e-6) - 1) * step;
  }

  function buttons() {
    const row = element('div', { class: 'bests_row' });
    const button = (text, values, colour) => {
      const node = element('button', { type: 'button' }, text);
      if (colour) node.style.setProperty('--mark', colour);
      node.addEventListener('click', () => setBias(values));
      row.append(node);
    };
    for (const each of data.networks.filter(network => network.best).reverse()) {  // the students first
      const what = each.best.map(value => signed(value, 2)).join(', ');
      button(`${each.mark} ${fill(texts.named, { name: fill(texts.best_for, each), what })}`, each.best, each.colour);
    }
    button(texts.none, data.classes.map(() => 0));
    return row;
  }

  /** A small table: one network per row, now and without a bias. */
  function block(kind, title) {
    const cells = data.networks.map(() => ({ now: element('td', { class: 'now_cell' }), then: element('td') })), now = element('th', { scope: 'col' });
    const node = element('table', { class: kind }, element('caption', {}, title),
      element('thead', {}, element('tr', {}, element('td'), now, element('th', { scope: 'col' }, texts.at_zero))),
      element('tbody', {}, ...data.networks.map((each, n) => {
        const head = element('th', { scope: 'row' }, `${each.mark} ${each.name}`);
        head.style.color = each.colour;
        return element('tr', {}, head, cells[n].now, cells[n].then);
      })));
    return { node, cells, now };
  }

  // --------------------------------------------------------------------------------------------------------- drawing

  /** The curves against the bias of the slider that was moved last. */
  function drawFigures() {
    const { low, high } = data, place = value => (value - low) / (high - low), name = data.classes[active];
    const looks = data.networks.map(({ colour, dash, width, shape, name: who }) => ({ colour, dash, width, shape, name: who }));
    const across = { place, ticks: data.ticks.map(value => [value, signed(value, 0)]) };
    const lines = networks.map(network => stepsOf(network, labels, bias, active, low, high));
    const owned = sum(data.images), most = 1.5 * Math.max(1, ...zero.map(each => each.errors));
    const caption = data.classes.length > 1 ? fill(texts.others_stand, { name }) : '';
    const made = [[texts.errors_against, most, 'errors'], [texts.wrong_against, owned, 'omitted']].filter(each => each[1]).map(([heading, top, what]) => {
      const drawn = lineFigure(fill(heading, { ...ofClasses(), name }), caption, { low: -top / 50, high: top * 1.04, ticks: countTicks(top) }, looks, across);
      drawn.lines(lines.map(line => ({ at: line.at, values: line[what] })));
      return { ...drawn, what };
    });
    parts.curves = made;
    parts.figures.replaceChildren(...made.map(each => each.node));
  }

  function redrawFigures() { if (parts) drawFigures(); }

  function draw() {
    const found = networks.map(network => countWrong(network, labels, bias)), owned = sum(data.images);
    parts.sliders.forEach(({ input, readout, recalls }, k) => {
      if (Number(input.value) !== bias[k]) input.value = bias[k];
      input.ariaValueText = signed(bias[k], 2);
      write(readout, signed(bias[k], 2));
      if (data.images[k]) write(recalls, data.networks.map(({ mark }, n) => `${mark} ${share(data.images[k] - found[n].wrong[k], data.images[k])}`).join('  '));
    });
    const [recall, wrong, errors] = parts.blocks, atBias = fill(texts.at_bias, { value: bias.map(value => signed(value, 2)).join(', ') });
    for (const each of parts.blocks) write(each.now, atBias);
    found.forEach((now, n) => {
      for (const [cells, at] of [['now', now], ['then', zero[n]]]) {
        const missed = sum(at.wrong);
        write(recall.cells[n][cells], share(owned - missed, owned));
        write(wrong.cells[n][cells], owned ? whole(missed) : '–');
        write(errors.cells[n][cells], whole(at.errors));
      }
    });
    write(parts.sentence, sentence(found));
    for (const each of parts.curves) each.mark(bias[active], found.map(at => (each.what === 'errors' ? at.errors : sum(at.wrong))), '');
  }

  function sentence(found = networks.map(network => countWrong(network, labels, bias))) {
    const n = Math.max(data.networks.findLastIndex(each => each.role === 'student'), 0), owned = sum(data.images);
    if (!owned) return '';
    const [now, before] = [found[n], zero[n]].map(at => ({ right: owned - sum(at.wrong), errors: at.errors }));
    return fill(bias.some(value => value) ? texts.sentence : texts.sentence_zero, {
      ...ofClasses(), title: data.networks[n].title, right: whole(now.right), before: whole(before.right), errors: whole(now.errors), errors_before: whole(before.errors),
    });
  }

  /** What only a screen reader gets, brought up to date when something is released. */
  function describe() {
    draw();
    const at = data.classes.map((name, k) => `${fill(texts.bias_of, { name })} ${signed(bias[k], 2)}`).join(', ');
    const found = networks.map(network => countWrong(network, labels, bias));
    for (const each of parts.curves) {
      each.describe(at + '. ' + data.networks.map(({ title }, n) => `${title} ${each.what === 'errors' ? found[n].errors : sum(found[n].wrong)}`).join(', '));
    }
  }

  // ----------------------------------------------------------------------------------------------------------- text

  function ofClasses() { return { names: data.classes.reduce((first, then) => fill(texts.comma, { first, then })), images: whole(sum(data.images)) }; }

  function share(part, all) { return all ? percentText((100 * part / all).toFixed(all <= 2000 ? 1 : 2)) : '–'; }

  return { receive };
}

function sum(values) { return values.reduce((a, b) => a + b, 0); }

function whole(number) { return number.toLocaleString(pageLanguage()); }

/** A number with its sign, a true minus, and no sign before zero. */
function signed(number, digits) {
  const text = Math.abs(number).toFixed(digits);
  return Number(text) === 0 ? text : (number < 0 ? '−' : '+') + text;
}

/** Three to six round counts from zero to `top`. */
function countTicks(top) {
  const power = 10 ** Math.floor(Math.log10(Math.max(top, 1))), step = Math.max(1, [0.2, 0.5, 1, 2].map(part => part * power).find(each => top / each <= 5) ?? power);
  return Array.from({ length: Math.floor(top / step) + 1 }, (_none, i) => [i * step, whole(i * step)]);
}
