// The soft targets of a run's pinned images at the step that is shown, computed from logits: the teacher's and the students'.

/** {T, panels: [{image, label, answer, bars: [{name, label, teacher, twin, student}]}], end}: probabilities, null where unknown;
 *  end: where the longest bar of all may end, a quarter, a half or so. Null while there are no images. */
function pinnedTargets(stream) {
  const images = stream?.values['pinned.images'];
  if (!images) return null;
  const T = stream.moment?.T ?? stream.values['pinned.T'];
  const logits = { teacher: stream.values['pinned.teacher'], twin: null, student: null };
  for (const { key, row } of stream.latest('answers')) logits[key[3]] = row[1];
  let most = 0;
  const panels = images.map((one, i) => {
    const targets = {};
    for (const who of Object.keys(logits)) targets[who] = logits[who] && logSoftmax(logits[who][i], T).map(Math.exp);
    const bars = one.bars.map(bar => {
      const found = { name: bar.name, label: bar.label };
      for (const who of Object.keys(targets)) {
        found[who] = targets[who] ? targets[who][bar.class] : null;
        most = Math.max(most, found[who] || 0);
      }
      return found;
    });
    return { ...one, bars };
  });
  return { T, panels, end: Math.ceil(4 * (most || 1)) / 4 };
}

/** A temperature as text, and whether there is a teacher whose outlines are shown. */
function pinnedTexts(shown) {
  const T = String(Number(shown.T.toPrecision(6)));
  return { values: { T, n: shown.panels.length, end: Math.round(100 * shown.end) }, teaches: shown.panels.some(one => one.bars.some(bar => bar.teacher !== null)) };
}
