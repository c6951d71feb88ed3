// p_i = exp(z_i / T) / sum_j exp(z_j / T) as MathML whose numbers change in place, each symbol in its mark's colour.

const MATHML = 'http://www.w3.org/1998/Math/MathML';
const TERMS = 3;

function math(tag, className, ...children) {
  const node = document.createElementNS(MATHML, tag);
  if (className) node.setAttribute('class', className);
  node.append(...children);
  return node;
}

/** Returns {node, update(classes, logits, chosen, T, share)}. `texts` holds the tooltips p, z, T, sum, rest. */
function softmaxFormula(texts) {
  const changing = [];  // [token, what it shows]
  const token = (tag, kind, text) => {
    const node = math(tag, kind, text);
    if (texts['tip_' + kind]) node.dataset.tip = texts['tip_' + kind];
    return node;
  };
  const live = (tag, kind, show) => { const node = token(tag, kind, ''); changing.push([node, show]); return node; };
  const op = text => math('mo', '', text);
  const plus = () => { const node = op('+'); node.setAttribute('form', 'infix'); return node; };  // first of its row, it would stand close
  const row = (...children) => math('mrow', '', ...children);
  const power = (z, T) => row(math('mi', '', 'exp'), op('('), z, op('/'), T, op(')'));
  const below = (symbol, kind, index) => {
    const node = math('msub', kind, math('mi', '', symbol), math('mi', '', index));
    node.dataset.tip = texts['tip_' + kind];
    return node;
  };
  const symbol = power.bind(null, below('z', 'z', 'i'), token('mi', 'T', 'T'));
  const sum = math('munder', 'sum', op('∑'), math('mi', '', 'j'));
  sum.dataset.tip = texts.tip_sum;
  const general = math('math', '', row(
    below('p', 'p', 'i'), op('='),
    math('mfrac', '', symbol(), row(sum, power(below('z', 'z', 'j'), token('mi', 'T', 'T'))))));

  const belief = math('msub', 'p', math('mi', '', 'p'), live('mtext', '', now => now.name));
  belief.dataset.tip = texts.tip_p;
  const terms = Array.from({ length: TERMS }, (_, k) => row(
    ...(k ? [plus()] : []),
    power(live('mn', 'z', now => now.largest[k]), live('mn', 'T', now => now.T))));
  const rest = live('mtext', 'rest', now => now.rest);
  const numbers = math('math', '', row(
    belief, op('='),
    math('mfrac', '', power(live('mn', 'z', now => now.z), live('mn', 'T', now => now.T)), row(...terms, rest)),
    op('='), live('mtext', 'p', now => now.share)));
  return {
    node: element('div', { class: 'formula', role: 'group', tabindex: '0', 'aria-label': texts.formula }, general, numbers),
    update(classes, logits, chosen, T, share) {
      const order = ranking(logits), digits = z => signedText(z, Math.abs(z) < 1000 ? 1 : 0);
      const more = logits.length - TERMS;
      const now = {
        name: classes[chosen], z: digits(logits[chosen]), T: temperatureText(T), share,
        largest: order.slice(0, TERMS).map(i => digits(logits[i])), rest: more > 0 ? '\u00a0' + fill(texts.more_terms, { n: more }) : '',
      };
      terms.forEach((term, k) => { term.style.display = k < order.length ? '' : 'none'; });
      for (const [node, show] of changing) write(node, show(now) ?? '');
    },
  };
}
