// What becomes an entry of the browser's history: pages and choices do; what a slider or a number says only changes the entry
// that is there.
const bar = globalThis.stillroomAddressBar ||= { live: new Set() };

if (!bar.push) {
  bar.push = history.pushState;
  history.pushState = function (state, title, url) {
    const replaces = url && isLive(new URL(url, location.href));
    return (replaces ? history.replaceState : bar.push).call(history, state, title, url);
  };
}

function isLive(to) {
  if (to.pathname !== location.pathname) return false;
  const before = new URLSearchParams(location.search), after = to.searchParams;
  const differing = [...new Set([...before.keys(), ...after.keys()])].filter(name => before.get(name) !== after.get(name));
  return differing.length > 0 && differing.every(name => bar.live.has(name));
}

export default function ({ data }) {
  bar.live = new Set(data.live);
}
