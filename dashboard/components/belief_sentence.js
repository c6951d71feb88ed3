// One sentence that says in words what the bars show: which answer a network believes in, and what else it believes.

/** The sentence: label and answer where they differ, then the second answer at T = 1 and at T.
 *  `networks`: [{title, logits}], mainly about the first; `label`: a class or null. */
function beliefSentence(networks, label, T, classes, texts) {
  const { title, logits } = networks[0];
  if (logits.length < 3) return '';
  const [answer, second, third] = ranking(logits);
  const cool = logSoftmax(logits, 1), now = logSoftmax(logits, T);
  const values = {
    title, answer: classes[answer], second: classes[second], third: classes[third], T: temperatureText(T),
    label: label === null ? '' : classes[label], times: timesText((logits[second] - logits[third]) / T),
    first: shareText(cool[answer], texts), one: shareText(cool[second], texts), now: shareText(now[second], texts),
  };
  const templates = [];
  if (label !== null && label !== answer) templates.push(texts.differs);
  templates.push(templateAtOne(cool[second], cool[answer], texts));
  if (T !== 1) templates.push(templateAtT(logits, now, T, second, third, texts));
  else if (logits[second] - logits[third] > Math.log(1.15)) templates.push(texts.ahead);
  const others = networks.slice(1).map(other =>
    fill(texts.from_other, { title: other.title, share: shareText(logSoftmax(other.logits, T)[second], texts) }));
  if (others.length) templates.push(fill(texts.others, { ...values, shares: others.reduce((first, then) => fill(texts.comma, { first, then })) }));
  return templates.map(text => capital(fill(text, values))).reduce((first, then) => fill(texts.joint, { first, then }));
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function templateAtOne(second, answer, texts) {
  if (answer - second < Math.log(2)) return texts.wavers;
  const p = Math.exp(second);
  return p < 0.01 ? texts.invisible : p < 0.1 ? texts.faint : texts.seen;
}

function templateAtT(logits, now, T, second, third, texts) {
  if (entropyBits(now) > 0.97 * Math.log2(logits.length)) return texts.alike;
  if (T < 1 && Math.exp(now[second]) < 0.0095) return texts.gone;
  return (logits[second] - logits[third]) / T > Math.log(1.15) ? texts.likelier : texts.level;
}
