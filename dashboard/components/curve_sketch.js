// A curve that the reader sketches before it is shown: a point for each place, dragged with the pointer or moved by arrow keys.
// Once it is locked the measured curve comes from the server and stands beside it.

const sketches = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector('.sketch');
  if (!sketches.has(root)) sketches.set(root, curveSketch(root));
  sketches.get(root).receive(data, setStateValue);
}

function curveSketch(root) {
  const HIGH = 230, LEFT = 38, RIGHT = 12, TOP = 12, BOTTOM = 44;
  const plot = svg('svg', { class: 'plot' }), legend = element('div', { class: 'legend' }), note = element('p', { class: 'note' });
  root.replaceChildren(legend, plot, note);
  let data, send, values = [], shape = '', wide = 0, held = false;
  const redraw = onceAFrame(draw);
  new ResizeObserver(redraw).observe(root);

  function receive(newData, setStateValue) {
    data = newData; send = setStateValue;
    if (JSON.stringify(data) === shape) return;
    shape = JSON.stringify(data);
    values = data.points ?? data.at.map(() => data.given);
    root.dataset.theme = data.theme;
    root.style.setProperty('--mark', data.look.colour);
    redraw();
  }

  const isLocked = () => data.measured !== null;
  const xOf = place => LEFT + place / (data.at.length - 1) * (wide - LEFT - RIGHT);
  const yOf = value => TOP + (1 - (value - data.low) / (data.high - data.low)) * (HIGH - TOP - BOTTOM);
  const told = value => fill(data.unit, { n: value });

  // ------------------------------------------------------------------------------------------------------- drawing

  function draw() {
    wide = Math.max(220, root.clientWidth);
    plot.setAttribute('viewBox', `0 0 ${wide} ${HIGH}`);
    plot.setAttribute('height', HIGH);
    const focused = root.getRootNode().activeElement?.dataset?.place;
    plot.replaceChildren(axes(), reference(), ...(isLocked() ? measured() : []),
      svg('path', { class: 'drawn', d: line(values) }), ...values.map(point));
    if (focused !== undefined) plot.querySelector(`[data-place='${focused}']`)?.focus();
    plot.setAttribute('role', isLocked() ? 'img' : 'group');
    plot.setAttribute('aria-label', isLocked() ? data.texts.described : data.texts.asks);
    legend.replaceChildren(key('drawn', data.texts.sketch), ...(isLocked() ? [key('seen', data.texts.measured)] : []), key('beside', data.reference.label));
    write(note, isLocked() ? '' : data.texts.note);
  }

  function key(kind, text) {
    return element('span', {}, svg('svg', { viewBox: '0 0 26 12', width: 26, height: 12, 'aria-hidden': 'true' }, svg('path', { class: kind, d: 'M0,6H26' })), text);
  }

  function axes() {
    const group = svg('g', { class: 'axes', 'aria-hidden': 'true' });
    for (const value of data.ticks) {
      group.append(svg('line', { x1: LEFT, x2: wide - RIGHT, y1: yOf(value), y2: yOf(value) }),
        svg('text', { x: LEFT - 7, y: yOf(value) + 5, 'text-anchor': 'end' }, String(value)));
    }
    data.at.forEach((text, place) => group.append(svg('text', { x: xOf(place), y: HIGH - BOTTOM + 20, 'text-anchor': 'middle' }, text)));
    group.append(svg('text', { x: (LEFT + wide - RIGHT) / 2, y: HIGH - 5, 'text-anchor': 'middle' }, data.along));
    return group;
  }

  function reference() {
    return svg('line', { class: 'beside', x1: LEFT, x2: wide - RIGHT, y1: yOf(data.reference.value), y2: yOf(data.reference.value) });
  }

  function measured() {
    const bars = data.measured.values.map((value, place) => {
      const spread = data.measured.spreads[place];
      return svg('line', { class: 'spread', x1: xOf(place), x2: xOf(place), y1: yOf(value - spread), y2: yOf(value + spread) });
    });
    const marks = data.measured.values.map((value, place) => svg('path', { class: 'mark', d: markPath(data.look.shape), transform: `translate(${xOf(place)},${yOf(value)})` }));
    return [svg('path', { class: 'seen', d: line(data.measured.values) }), ...bars, ...marks];
  }

  function line(heights) {
    return heights.map((value, place) => `${place ? 'L' : 'M'}${xOf(place).toFixed(1)},${yOf(value).toFixed(1)}`).join('');
  }

  function point(value, place) {
    const at = { cx: xOf(place), cy: yOf(value), r: place && !isLocked() ? 7 : 4, class: place ? 'point' : 'point given' };
    if (isLocked() || !place) return svg('circle', { ...at, 'aria-hidden': 'true' });
    return svg('circle', {
      ...at, role: 'slider', tabindex: 0, 'data-place': place, 'aria-label': data.places[place], 'aria-orientation': 'vertical',
      'aria-valuemin': data.low, 'aria-valuemax': data.high, 'aria-valuenow': value, 'aria-valuetext': told(value),
    });
  }

  // -------------------------------------------------------------------------------------------------------- moving

  function set(place, value) {
    const stepped = Math.round(value / data.step) * data.step;
    values = values.with(place, Math.min(data.high, Math.max(data.low, stepped)));
    redraw();
  }

  function release() { send('points', values); }

  function under(event) {
    const box = plot.getBoundingClientRect(), x = (event.clientX - box.left) * wide / box.width, y = (event.clientY - box.top) * HIGH / box.height;
    const place = Math.round((x - LEFT) / (wide - LEFT - RIGHT) * (data.at.length - 1));
    return { place: Math.min(data.at.length - 1, Math.max(1, place)), value: data.low + (1 - (y - TOP) / (HIGH - TOP - BOTTOM)) * (data.high - data.low) };
  }

  function follow(event) { const { place, value } = under(event); set(place, value); }

  plot.addEventListener('pointerdown', event => {
    if (isLocked()) return;
    held = true;
    plot.setPointerCapture(event.pointerId);
    follow(event);
  });
  plot.addEventListener('pointermove', event => { if (held) follow(event); });
  for (const end of ['pointerup', 'pointercancel']) plot.addEventListener(end, () => { if (held) { held = false; release(); } });

  const BY = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
  plot.addEventListener('keydown', event => {
    const place = Number(event.target.dataset.place);
    if (isLocked() || !place || !(event.key in BY || event.key === 'Home' || event.key === 'End')) return;
    event.preventDefault();
    set(place, event.key === 'Home' ? data.low : event.key === 'End' ? data.high : values[place] + BY[event.key] * data.step);
  });
  plot.addEventListener('keyup', event => { if (!isLocked() && (event.key in BY || event.key === 'Home' || event.key === 'End')) release(); });

  return { receive };
}
