// Softmax at a temperature, entropy and the gradient of soft targets: plain functions over plain arrays, float64 throughout.
// Nothing here touches the page.

/** ln softmax(z / T). The largest logit is subtracted before dividing; the sum of the others goes through log1p,
 *  so that a probability just under 1 keeps its digits. */
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

/** The likeliest class after the answer: what a soft target tells beyond a label. */
function secondOf(logits) {
  return ranking(logits)[Math.min(1, logits.length - 1)];
}

/** The soft-target gradient p - 1/C of an untrained student (all logits 0): the share of its absolute sum that lies at
 *  classes other than the likeliest. NaN where all logits are equal: only rounding is left then. */
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

/** The size (Euclidean norm) of the gradient of the soft targets' loss by the student's logits, (softmax(z/T) - softmax(v/T)) / T:
 *  `plain`, and `scaled` by T^2. As T grows, `scaled` nears |z - v| / N, logits centred, and `plain` falls as 1 / T^2 (Hinton,
 *  Vinyals and Dean 2015, section 2.1). */
function gradientSizes(student, teacher, T) {
  const p = logSoftmax(student, T).map(Math.exp), q = logSoftmax(teacher, T).map(Math.exp);
  const plain = Math.hypot(...p.map((each, i) => each - q[i])) / T;
  return { plain, scaled: T * T * plain };
}
