// What a bias does to networks that never saw some classes: counts over typed arrays. Nothing here touches the page.
//
// A network is {margins, right}: by how much each omitted class's logit exceeds the strongest of the other classes'
// (image after image), and whether that strongest one is the label. `labels` holds 0 for an image of a class that was
// not left out, k + 1 for one of the omitted class k.

/** The numbers that a text in base64 carries, as an array of that type. */
function unpacked(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), character => character.charCodeAt(0)).buffer);
}

/** With a number added to each omitted class's logits: {errors: on all images, wrong: on those of each omitted class}. */
function countWrong({ margins, right }, labels, bias) {
  const wrong = bias.map(() => 0), K = bias.length;
  let errors = 0;
  for (let i = 0; i < labels.length; i++) {
    let most = 0, answer = 0;
    for (let k = 0; k < K; k++) {
      const ahead = margins[i * K + k] + bias[k];
      if (ahead > most) { most = ahead; answer = k + 1; }
    }
    if (answer ? answer === labels[i] : right[i]) continue;
    errors += 1;
    if (labels[i]) wrong[labels[i] - 1] += 1;
  }
  return { errors, wrong };
}

/** The errors against the bias of the class k from `low` to `high`, the others' fixed: a step where an answer
 *  flips to k. Returns {at, errors, omitted}, two entries per step; steps closer than a 2,000th of the axis are one. */
function stepsOf({ margins, right }, labels, bias, k, low, high) {
  const K = bias.length, n = labels.length, without = [...bias], flips = new Float64Array(n), before = new Uint8Array(n);
  without[k] = -Infinity;
  for (let i = 0; i < n; i++) {
    let most = 0, answer = 0;
    for (let j = 0; j < K; j++) {
      const ahead = margins[i * K + j] + without[j];
      if (ahead > most) { most = ahead; answer = j + 1; }
    }
    flips[i] = most - margins[i * K + k];
    before[i] = (answer ? answer === labels[i] : right[i]) ? 0 : 1;
  }
  const order = Uint32Array.from({ length: n }, (_none, i) => i).sort((a, b) => flips[a] - flips[b]);
  const now = { errors: 0, omitted: 0 }, found = { at: [], errors: [], omitted: [] };
  const put = x => { found.at.push(x); found.errors.push(now.errors); found.omitted.push(now.omitted); };
  const drop = () => { found.errors.pop(); found.omitted.pop(); return found.at.pop(); };
  before.forEach((wrong, i) => { now.errors += wrong; if (labels[i]) now.omitted += wrong; });
  put(low);
  for (const i of order) {
    if (flips[i] > high) break;
    const near = flips[i] - found.at.at(-1) <= (high - low) / 2000, x = near ? drop() : flips[i];
    if (!near) put(x);
    const change = (labels[i] === k + 1 ? 0 : 1) - before[i];
    now.errors += change;
    if (labels[i]) now.omitted += change;
    put(x);
  }
  put(high);
  return found;
}
