// The pinned images while a run trains, from its stream: pictures, names and bars arrive each for itself.
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.live_pinned');
  root.data = data;
  const draw = () => {
    const values = root.stream?.values || {};
    const images = values['pinned.images'];
    root.hidden = !images;
    if (!images) return;
    root.querySelector('b').textContent = values['pinned.title'];
    root.querySelector('span').textContent = values['pinned.legend'];
    const of = who => (panel, bar) => values['pinned.' + who][panel][bar];
    const panels = images.map((one, i) => ({
      ...one, bars: one.bars.map((bar, k) => ({ ...bar, teacher: of('teacher')(i, k), student: of('student')(i, k) })),
    }));
    drawPanels(root.querySelector('.panels'), { ...root.data, panels, end: values['pinned.end'], alt: values['pinned.alt'] });
  };
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
