// A piece of the page that the server writes anew while a run trains; it is escaped there.
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.live_text');
  const draw = () => {
    const html = root.stream?.values[root.slot] ?? root.initial;
    if (html !== root.html) root.innerHTML = root.html = html;
  };
  root.slot = data.slot;
  root.initial = data.initial;
  if (root.address !== data.address || root.stream?.ended) {
    root.leave?.();
    root.address = data.address;
    root.leave = watch(data.address, stream => {
      root.stream = stream;
      draw();
    });
  }
  draw();
  return () => {
    root.leave?.();
    root.address = root.leave = null;
  };
}
