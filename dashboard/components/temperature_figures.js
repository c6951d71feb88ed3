// Three line charts over the temperature: the entropy, the gradient from the classes that are not the answer, and how large the
// gradient is with and without T².

const SAMPLES = Array.from({ length: 49 }, (_, k) => COLDEST * (HOTTEST / COLDEST) ** (k / 48));

/** `data`: what the component shows. Returns {nodes, update(image, beliefs, T), describe(T)}; beliefs: a row of natural
 *  logarithms for each network. */
function temperatureFigures(data) {
  const charts = [entropyFigure(data), gradientFigure(data), squareFigure(data)];
  let drawn = null;
  return {
    nodes: charts.map(chart => chart.figure.node),
    update(image, beliefs, T) {
      if (drawn !== image) { drawn = image; for (const chart of charts) chart.figure.lines(chart.linesOf(image)); }
      for (const chart of charts) chart.figure.mark(T, ...chart.marksOf(image, beliefs, T));
    },
    describe(T) {
      for (const { figure } of charts) figure.describe(`T = ${temperatureText(T)}: ${figure.node.querySelector('.value').textContent}`);
    },
  };
}

function entropyFigure({ networks, classes, mean_entropy: mean, texts }) {
  const most = Math.log2(classes.length);
  const bitTicks = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(bits => bits < most - 0.25 && (most < 5 || bits % 2 === 0));
  const scale = {
    low: 0, high: most * 1.1, ticks: [[0, '0'], ...bitTicks.map(bits => [bits, String(bits)])], rules: [[most, fill(texts.most, { bits: most.toFixed(2) }), true]],
  };
  const meanLooks = mean ? networks.map(({ colour }, k) => ({ colour, dash: '1 4', width: 2, name: k ? '' : fill(texts.mean, { of: mean.of || texts.data_set }) })) : [];
  return {
    figure: lineFigure(texts.entropy, texts.entropy_caption, scale, [...looksOf(networks, texts.this_image), ...meanLooks]),
    linesOf: image => [
      ...image.logits.map(logits => overTemperatures(T => entropyBits(logSoftmax(logits, T)))),
      ...(mean ? mean.bits.map(bits => ({ at: mean.temperatures, values: bits })) : []),
    ],
    marksOf(_image, beliefs) {
      const bits = beliefs.map(entropyBits);
      return [[...bits, ...networks.map(() => NaN)], bits.map(b => b.toFixed(2)).join(' · ') + ' ' + texts.bits_unit];
    },
  };
}

function gradientFigure({ networks, texts }) {
  const scale = { low: 0.45, high: 1, ticks: [0.5, 0.75, 1].map(share => [share, percentText(100 * share)]), rules: [[0.5, texts.hard_half]] };
  return {
    figure: lineFigure(texts.gradient, texts.gradient_caption, scale, looksOf(networks, '')),
    linesOf: image => image.logits.map(logits => overTemperatures(T => gradientShare(logits, T))),
    marksOf(image, _beliefs, T) {
      const shares = image.logits.map(logits => gradientShare(logits, T));
      return [shares, shares.map(share => Number.isFinite(share) ? percentText(Math.round(100 * share)) : '–').join(' · ')];
    },
  };
}

function squareFigure({ networks, truth, texts }) {
  const student = studentOf(networks);
  const caption = fill(texts.square_caption, { z: student ? networks[student].title : texts.zeros, v: networks[0].title });
  const scale = { low: 1e-5, high: 10, log: true, ticks: [[1e-4, '0.0001'], [1e-2, '0.01'], [1, '1']] };
  const sizesAt = ({ logits }, T) => gradientSizes(student ? logits[student] : logits[0].map(() => 0), logits[0], T);
  return {
    figure: lineFigure(texts.square, caption, scale, [
      { colour: networks[0].colour, dash: '', width: 3, shape: 'square', name: texts.with_square },
      { colour: truth.colour, dash: '6 4', width: 2, shape: 'circle', name: texts.without_square },
    ]),
    linesOf(image) {
      const sizes = SAMPLES.map(T => sizesAt(image, T));
      return [{ at: SAMPLES, values: sizes.map(size => size.scaled) }, { at: SAMPLES, values: sizes.map(size => size.plain) }];
    },
    marksOf(image, _beliefs, T) {
      const { scaled, plain } = sizesAt(image, T);
      return [[scaled, plain], [scaled, plain].map(sizeText).join(' · ')];
    },
  };
}

/** The networks' lines, named where there are several; one alone is called `alone`. */
function looksOf(networks, alone) {
  return networks.map(({ colour, dash, width, shape, title }) => ({ colour, dash, width, shape, name: networks.length > 1 ? title : alone }));
}

function overTemperatures(valueAt) { return { at: SAMPLES, values: SAMPLES.map(valueAt) }; }

/** Which network's logits stand for the student's in the gradient; 0: none, its logits are zero. */
function studentOf(networks) {
  return Math.max(0, ['student', 'twin'].map(role => networks.findIndex(network => network.role === role)).find(k => k > 0) ?? 0);
}

function sizeText(size) {
  return size >= 1e-3 || size === 0 ? String(Number(size.toPrecision(2))) : scientific(Math.log(size), 2);
}
