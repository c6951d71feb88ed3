// Columns of bars: the label, and beside it what each network believes. Built once, then only changed.

const FAINTEST = -12;  // the logarithmic axis begins at 10^-12
const MOST_IN_ORDER = 12;  // of more classes the likeliest come first, and the rest is scrolled to

/** Length 0..1 of a bar for a belief given as its natural logarithm. */
function lengthOf(logp, log) {
  return log ? Math.min(1, Math.max(0, 1 - logp / Math.LN10 / FAINTEST)) : Math.exp(logp);
}

function ticksOf(log, few) {
  return log ? (few ? [-12, -6, 0] : [-12, -9, -6, -3, 0]).map(e => [1 - e / FAINTEST, e ? powerOfTen(e) : '1']) : [[0, '0'], [0.5, percentText(50)], [1, percentText(100)]];
}

/** One column. `look`: {role, title, colour, mark} of a network or of the label; `pick(cls)` is called when a bar is chosen,
 *  `redraw()` when other rows scroll into view. */
function beliefColumn(look, number, classes, pick, redraw) {
  const chosen = number >= 0;
  const mark = element('span', { class: 'role', 'aria-hidden': 'true' }, look.mark);
  const title = element('span', { class: 'title' }), hot = element('span', { class: 'hot' });
  const foot = element('div', { class: 'foot' });
  const list = element('div', chosen ? { class: 'rows', role: 'listbox', tabindex: '0' } : { class: 'rows', 'aria-hidden': 'true' });
  const rows = classes.map((_name, k) => {
    const row = {
      name: element('span', { class: 'name' }), z: element('span', { class: 'z' }), share: element('span', { class: 'share' }),
      bar: element('i'), cls: -1, length: -1,
    };
    row.node = element('div', { class: 'row', ...(chosen ? { role: 'option', id: `bar-${number}-${k}` } : {}) },
      row.name, row.z, element('span', { class: 'track' }, row.bar), row.share);
    row.node.style.gridRow = k + 1;
    if (chosen) row.node.addEventListener('click', () => { at = k; pick(row.cls); });
    return row;
  });
  const lines = element('div', { class: 'lines', 'aria-hidden': 'true' });
  lines.style.gridRow = `1 / span ${classes.length}`;
  const uniform = element('b', { class: 'uniform', 'aria-hidden': 'true' });
  const grid = Array.from({ length: 5 }, () => element('i'));
  lines.append(...grid);
  const over = element('div', { class: 'lines over', 'aria-hidden': 'true' }, uniform);
  over.style.gridRow = lines.style.gridRow;
  const axis = element('div', { class: 'axis', 'aria-hidden': 'true' }), labels = grid.map(() => element('span'));
  axis.style.gridRow = classes.length + 1;
  axis.append(...labels);
  const logit = element('span', { class: 'logit', 'aria-hidden': 'true' }, 'z');
  logit.style.gridRow = classes.length + 1;
  list.append(lines, ...rows.map(row => row.node), over, logit, axis);
  let at = -1, first = 0, last = MOST_IN_ORDER, drawn = { order: [], numbers: [], logits: [] };

  // Of a hundred rows only those in view are redrawn in a drag.
  const onScroll = () => {
    const high = rows[0].node.offsetHeight || 1;
    first = Math.floor(list.scrollTop / high) - 1;
    last = Math.ceil((list.scrollTop + list.clientHeight) / high) + 1;
    redraw();
  };
  if (classes.length > MOST_IN_ORDER) {
    list.addEventListener('scroll', onScroll);
    new ResizeObserver(onScroll).observe(list);
  }

  list.addEventListener('keydown', event => {
    const by = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    at = Math.min(rows.length - 1, Math.max(0, by));
    const { node } = rows[at];
    if (node.offsetTop < list.scrollTop) list.scrollTop = node.offsetTop;
    if (node.offsetTop + 2 * node.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = node.offsetTop + 2 * node.offsetHeight - list.clientHeight;
    pick(drawn.order[at]);
  });
  list.addEventListener('focus', () => { if (at < 0) at = drawn.order.indexOf(secondOf(drawn.logits)); pick(drawn.order[at]); });

  return {
    list,
    node: element('section', { class: chosen ? `column ${look.role}` : 'column truth', style: `--mark: ${look.colour}` },
      element('h3', {}, mark, title, hot), list, foot),
    head(text, warm) { write(title, text); write(hot, warm); if (chosen && list.ariaLabel !== text) list.ariaLabel = text; },
    foot(...parts) {
      while (foot.children.length < parts.length) foot.append(element('span'));
      parts.forEach((text, k) => write(foot.children[k], text));
    },
    scale(log, few) {
      if (list.dataset.scale === String(log)) return;
      list.dataset.scale = log;
      const ticks = ticksOf(log, few);
      grid.forEach((line, k) => {
        line.hidden = labels[k].hidden = k >= ticks.length;
        if (line.hidden) return;
        line.style.left = labels[k].style.left = 100 * ticks[k][0] + '%';
        write(labels[k], ticks[k][1]);
      });
      uniform.style.left = 100 * lengthOf(-Math.log(classes.length), log) + '%';
    },
    /** `order`: which class stands in which row; `beliefs`: natural logarithms, `numbers`: texts, both by class. */
    bars(order, beliefs, logits, numbers, log, picked, label) {
      drawn = { order, numbers, logits };
      order.forEach((cls, k) => {
        if (k < first || k > last) return;
        const row = rows[k];
        if (row.cls !== cls) { row.cls = cls; write(row.name, classes[cls]); row.name.title = classes[cls]; }
        const length = lengthOf(beliefs[cls], log);
        if (row.length !== length) { row.length = length; row.bar.style.clipPath = `inset(0 ${(100 * (1 - length)).toFixed(3)}% 0 0)`; }
        write(row.share, numbers[cls]);
        if (logits) write(row.z, signedText(logits[cls], 1));
        if (row.labelled !== (cls === label)) { row.labelled = cls === label; row.node.classList.toggle('is-label', row.labelled); }
        if (!chosen || row.picked === (cls === picked)) return;
        row.picked = cls === picked;
        row.node.classList.toggle('picked', row.picked);
        row.node.setAttribute('aria-selected', row.picked);
        if (row.picked) { at = k; list.setAttribute('aria-activedescendant', row.node.id); }
      });
    },
    describe() { drawn.order.forEach((cls, k) => { rows[k].node.ariaLabel = `${classes[cls]}: ${drawn.numbers[cls]}`; }); },
  };
}
