// The pinned images of a run from its stream, at the step that is shown. A click makes one of them the large one.
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.live_pinned');
  root.data = data;
  follow(root, data, () => {
    const shown = pinnedTargets(root.stream);
    root.hidden = !shown;
    if (!shown) return;
    const { texts } = root.data, { values, teaches } = pinnedTexts(shown);
    write(root.querySelector('b'), fill(texts.title, values));
    write(root.querySelector('span'), fill(teaches ? texts.legend_teacher : texts.legend, values));
    drawPanels(root.querySelector('.panels'), {
      ...root.data, ...shown, alt: fill(teaches ? texts.alt_teacher : texts.alt, values), choose: i => root.stream.choose(i),
    });
  });
  return () => unfollow(root);
}
