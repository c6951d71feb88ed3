// A line chart as SVG, over the temperature or another axis. Built once: the lines change with the image, a mark on each
// follows the slider.

const SVG = 'http://www.w3.org/2000/svg';
const WIDE = 400, HIGH = 220, LEFT = 58, RIGHT = 14, TOP = 10, BOTTOM = 32;
const X_TICKS = [[0.25, '0.25'], [1, '1'], [4, '4'], [20, '20'], [100, 'T = 100']];

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The outline of a role's mark, about 12 units wide, round the origin. */
function markPath(shape) {
  if (shape === 'circle') return 'M-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0Z';
  if (shape === 'triangle-up') return 'M0,-7L7,5.5H-7Z';
  if (shape === 'triangle-down') return 'M0,7L7,-5.5H-7Z';
  return 'M-5.5,-5.5H5.5V5.5H-5.5Z';
}

/** A figure with a heading, a legend, axes, `looks.length` lines with a mark each, a rule at T, and a caption.
 *  `scale`: {low, high, log, ticks: [[value, text]...], rules: [[value, text]...]}. `across`: the other horizontal
 *  axis, as {place: a value's place 0..1, ticks: [[value, text]...]}; T where left out.
 *  Returns {node, lines(list of {at: [n], values: [n]}), mark(T, values, text), describe(text)}. */
function lineFigure(heading, caption, scale, looks, across = { place: placeOf, ticks: X_TICKS }) {
  const xOf = value => LEFT + across.place(value) * (WIDE - LEFT - RIGHT);
  const lift = scale.log ? Math.log10 : x => x;
  const low = lift(scale.low), high = lift(scale.high);
  const yOf = value => TOP + (1 - (lift(value) - low) / (high - low)) * (HIGH - TOP - BOTTOM);
  const inside = value => Math.min(HIGH - BOTTOM + 20, Math.max(TOP - 20, yOf(value)));

  const axes = svg('g', { class: 'axes' });
  for (const [value, text] of across.ticks) {
    axes.append(
      svg('line', { x1: xOf(value), x2: xOf(value), y1: TOP, y2: HIGH - BOTTOM }),
      svg('text', { x: xOf(value), y: HIGH - BOTTOM + 19, 'text-anchor': across.place(value) === 1 ? 'end' : 'middle' }, text));
  }
  for (const [value, text] of scale.ticks) {
    axes.append(
      svg('line', { x1: LEFT, x2: WIDE - RIGHT, y1: yOf(value), y2: yOf(value) }),
      svg('text', { x: LEFT - 7, y: yOf(value) + 4.5, 'text-anchor': 'end' }, text));
  }
  for (const [value, text, below] of scale.rules ?? []) {
    axes.append(
      svg('line', { class: 'rule', x1: LEFT, x2: WIDE - RIGHT, y1: yOf(value), y2: yOf(value) }),
      svg('text', { x: LEFT + 5, y: yOf(value) + (below ? 16 : -6) }, text));
  }
  const clip = svg('svg', { x: LEFT, y: TOP, width: WIDE - LEFT - RIGHT, height: HIGH - TOP - BOTTOM, viewBox: `${LEFT} ${TOP} ${WIDE - LEFT - RIGHT} ${HIGH - TOP - BOTTOM}` });
  const paths = looks.map(look => svg('path', { class: 'line', fill: 'none', stroke: look.colour, 'stroke-width': look.width, 'stroke-dasharray': look.dash }));
  clip.append(...paths);
  const rule = svg('line', { class: 'now', y1: TOP, y2: HIGH - BOTTOM });
  const marks = looks.map(look => svg('path', { d: look.shape ? markPath(look.shape) : '', fill: look.colour, class: 'mark' }));
  const picture = svg('svg', { viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img' }, axes, clip, rule, ...marks);

  const value = element('span', { class: 'value' });
  const legend = element('div', { class: 'legend' }, ...looks.filter(look => look.name).map(look => element('span', {},
    svg('svg', { viewBox: '0 0 26 12', width: 26, height: 12, 'aria-hidden': 'true' },
      svg('line', { x1: 0, x2: 26, y1: 6, y2: 6, stroke: look.colour, 'stroke-width': look.width, 'stroke-dasharray': look.dash })),
    look.name)));
  const node = element('figure', {}, element('h3', {}, heading), value, legend, picture, element('figcaption', {}, caption));
  return {
    node,
    lines(series) {
      series.forEach(({ at, values }, k) => {
        let d = '';
        values.forEach((y, i) => { if (Number.isFinite(y)) d += (d ? 'L' : 'M') + xOf(at[i]).toFixed(1) + ',' + inside(y).toFixed(1); });
        paths[k].setAttribute('d', d);
      });
    },
    mark(T, values, text) {
      rule.setAttribute('x1', xOf(T));
      rule.setAttribute('x2', xOf(T));
      marks.forEach((mark, k) => {
        const shown = Number.isFinite(values[k]) && lift(values[k]) >= low && lift(values[k]) <= high;
        mark.style.display = shown ? '' : 'none';
        if (shown) mark.setAttribute('transform', `translate(${xOf(T)},${yOf(values[k])})`);
      });
      write(value, text);
    },
    describe(text) { picture.setAttribute('aria-label', heading + '. ' + text); },
  };
}
