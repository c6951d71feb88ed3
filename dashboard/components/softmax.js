// The maths of the first screen: plain functions over plain arrays, float64 throughout. Nothing here touches the page.

const COLDEST = 0.25, HOTTEST = 100;

/** ln softmax(z / T). The largest logit is taken off before dividing; what is left of 1 beside it goes through log1p,
 *  so that a belief just under 1 keeps its digits. */
function logSoftmax(logits, T) {
  let top = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[top]) top = i;
  let rest = 0;
  for (let i = 0; i < logits.length; i++) if (i !== top) rest += Math.exp((logits[i] - logits[top]) / T);
  const total = Math.log1p(rest);
  return logits.map(z => (z - logits[top]) / T - total);
}

/** Entropy in bits of beliefs given as natural logarithms. */
function entropyBits(logp) {
  let nats = 0;
  for (const l of logp) { const p = Math.exp(l); if (p > 0) nats -= p * l; }
  return Math.max(0, nats) / Math.LN2;
}

/** The classes from the likeliest to the least likely; no temperature changes this order. */
function ranking(logits) {
  return logits.map((_z, i) => i).sort((a, b) => logits[b] - logits[a] || a - b);
}

/** The likeliest class that is not the answer: what a soft target says beyond a label. */
function secondOf(logits) {
  return ranking(logits)[Math.min(1, logits.length - 1)];
}

/** Where the soft-target gradient p - 1/C of a student that knows nothing (all logits 0) points: the share of its
 *  absolute size that stands at the classes other than the likeliest. NaN where all logits are equal: what is left then is rounding. */
function gradientShare(logits, T) {
  const top = ranking(logits)[0];
  let all = 0, answer = 0;
  logSoftmax(logits, T).forEach((l, i) => {
    const g = Math.abs(Math.exp(l) - 1 / logits.length);
    all += g;
    if (i === top) answer = g;
  });
  return all > 1e-12 ? 1 - answer / all : NaN;
}

/** Relative error (Euclidean norm) of the gradient g = (softmax(z/T) - softmax(v/T)) / T to (z - v) / N, logits
 *  centred: `scaled` for T^2 g, `plain` for g. Hinton, Vinyals and Dean 2015, section 2.1. NaN where z equals v. */
function gradientErrors(student, teacher, T) {
  const z = centred(student), v = centred(teacher), n = z.length;
  const p = logSoftmax(z, T).map(Math.exp), q = logSoftmax(v, T).map(Math.exp);
  let size = 0, scaled = 0, plain = 0;
  for (let i = 0; i < n; i++) {
    const limit = (z[i] - v[i]) / n, g = (p[i] - q[i]) / T;
    size += limit ** 2;
    scaled += (T * T * g - limit) ** 2;
    plain += (g - limit) ** 2;
  }
  return { scaled: Math.sqrt(scaled / size), plain: Math.sqrt(plain / size) };
}

function centred(logits) {
  const mean = logits.reduce((a, b) => a + b, 0) / logits.length;
  return logits.map(z => z - mean);
}

// ------------------------------------------------------------------------------------------- the temperature's scale

/** Place 0..1 on the slider to a temperature, logarithmic; it snaps to T = 1, and to the digits that are shown. */
function temperatureAt(place) {
  const T = COLDEST * (HOTTEST / COLDEST) ** place;
  return Math.abs(Math.log(T)) < 0.012 ? 1 : rounded(T);
}

/** A temperature to its place 0..1 on the slider. */
function placeOf(T) {
  return Math.log(T / COLDEST) / Math.log(HOTTEST / COLDEST);
}

function rounded(T) {
  return within(T < 10 ? Math.round(T * 100) / 100 : Math.round(T * 10) / 10);
}

function within(T) {
  return Math.min(HOTTEST, Math.max(COLDEST, T));
}

/** The next temperature for an arrow key (`by` +1 or -1): one step of the second digit, so that 1, 4 and 20 are met. */
function fineStep(T, by) {
  const unit = T < 1 || (T <= 1 && by < 0) ? 0.01 : T < 10 || (T <= 10 && by < 0) ? 0.1 : 1;
  const steps = T / unit, next = by > 0 ? Math.floor(steps + 1e-6) + 1 : Math.ceil(steps - 1e-6) - 1;
  return within(Math.round(next * unit * 100) / 100);
}

/** The next temperature for a Page key: doubled or halved, on the powers of two. */
function coarseStep(T, by) {
  const power = Math.log2(T);
  return within(2 ** (by > 0 ? Math.floor(power + 1e-6) + 1 : Math.ceil(power - 1e-6) - 1));
}
