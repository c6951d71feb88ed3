// What a page shows of a run at one of its earlier steps, from the rows that its stream has sent.
const EARLIER = 'earlier';   // the text of curves that were over before the students began: they stay whole
const LABEL_GAP = 0.14;      // how far labels at the ends of curves keep apart on a logarithmic axis, as a share of it
const JUST = 1e-9;

/** The last row that is not later than the epoch; null stands for the newest. */
function lastRow(rows, epoch) {
  if (epoch === null) return rows[rows.length - 1];
  for (let i = rows.length - 1; i >= 0; i--) if (rows[i][0] <= epoch + JUST) return rows[i];
  return undefined;
}

/** The groups of a chart against epoch as they were at one: curves end there, and so do the marks at their ends. */
function groupsAt(groups, epoch, top, logarithmic) {
  const lines = new Map(), shown = [];
  for (const group of groups) {
    const [kind, look, label, text] = group.key;
    if (kind === 'end') continue;
    const cut = text !== EARLIER && (kind === 'line' || kind === 'rule');
    const rows = cut ? group.rows.filter(([x]) => x <= epoch + JUST) : group.rows;
    if (kind === 'line') lines.set([look, label, text].join('\n'), rows);
    shown.push({ key: group.key, rows });
  }
  const ends = groups.filter(group => group.key[0] === 'end').map(group => ({
    key: group.key, rows: (lines.get(group.key.slice(1).join('\n')) || []).slice(-1).map(row => [...row]),
  })).filter(group => group.rows.length && (top === null || group.rows[0][1] <= top));
  if (logarithmic) spreadLabels(ends, [...lines.values()].flat().map(row => row[1]));
  return [...shown, ...ends];
}

function spreadLabels(ends, values) {
  if (!values.length) return;
  const gap = LABEL_GAP * Math.log10(values.reduce((a, b) => Math.max(a, b)) / values.reduce((a, b) => Math.min(a, b)));
  const rising = [...ends].sort((a, b) => a.rows[0][1] - b.rows[0][1]);
  let below = -Infinity;
  for (const end of rising) {
    const place = Math.max(Math.log10(end.rows[0][1]), below + gap);
    end.rows[0][1] = 10 ** place;
    below = place;
  }
}

/** A whole number that the page's address names for the run whose stream this is; null where it names none. */
function numberInLink(address, name) {
  const asked = new URLSearchParams(location.search), text = asked.get(name);
  return isShown(address, asked) && /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/** Writes a number into the page's address, or removes it, without an entry in the browser's history. */
function writeInLink(address, path, name, number) {
  const asked = new URLSearchParams(location.search);
  if (!isShown(address, asked) || location.pathname !== path) return;
  if (number === null) asked.delete(name);
  else asked.set(name, number);
  const search = '?' + asked;
  if (search !== '?' + new URLSearchParams(location.search)) history.replaceState(history.state, '', location.pathname + search + location.hash);
}

function isShown(address, asked) {
  const run = asked.get('run');
  return run !== null && address.split('?')[0].endsWith('/' + run);
}
