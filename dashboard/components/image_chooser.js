// Which image is shown: a slider along a morph, or a strip of thumbnails.

/** A slider from one end of a morph to the other. Returns {node, update(index, count, {from, to, share})}. */
function morphSlider(texts, { drag, release }) {
  const slider = element('input', { type: 'range', min: 0, step: 1 });
  const from = element('b'), to = element('b');
  slider.addEventListener('input', () => drag(Number(slider.value)));
  slider.addEventListener('change', release);
  return {
    node: element('div', { class: 'morph' }, from, slider, to),
    load(images) { slider.max = images.length - 1; },
    update(index, way) {
      write(from, way.from);
      write(to, way.to);
      if (Number(slider.value) !== index) slider.value = index;
      slider.ariaLabel = fill(texts.morph, way);
      slider.ariaValueText = fill(texts.morph_at, way);
    },
  };
}

/** A list of thumbnails; arrow keys move along it. Returns {node, load(images), update(index)}. */
function thumbnailStrip(texts, { current, choose, hold, release, releaseKey }) {
  const list = element('div', { class: 'strip', role: 'listbox', tabindex: '0', 'aria-orientation': 'horizontal', 'aria-label': texts.images });
  let thumbs = [];
  list.addEventListener('keydown', event => {
    const index = current();
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: thumbs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    hold();
    choose(next);
  });
  for (const end of ['keyup', 'blur']) list.addEventListener(end, releaseKey);
  return {
    node: list,
    load(images) {
      thumbs = images.map((image, k) => {
        const thumb = element('div', { role: 'option', id: `thumb-${k}`, 'aria-label': image.title, title: image.title }, element('img', { src: image.src, alt: '' }));
        thumb.addEventListener('click', () => { choose(k); release(); });
        return thumb;
      });
      list.replaceChildren(...thumbs);
    },
    update(index) {
      if (list.getAttribute('aria-activedescendant') === `thumb-${index}` && thumbs[index].ariaSelected === 'true') return;
      thumbs.forEach((thumb, k) => thumb.setAttribute('aria-selected', k === index));
      list.setAttribute('aria-activedescendant', `thumb-${index}`);
      const thumb = thumbs[index], left = thumb.offsetLeft - list.offsetLeft;
      if (left < list.scrollLeft) list.scrollLeft = left - 8;
      if (left + thumb.offsetWidth > list.scrollLeft + list.clientWidth) list.scrollLeft = left + thumb.offsetWidth - list.clientWidth + 8;
    },
  };
}
