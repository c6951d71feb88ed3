// The temperature's row: a slider with its ticks, the readout, a button back to T = 1, and the choice of a logarithmic scale.

const MINOR_TICKS = [0.5, 2, 50], SNAP_PIXELS = 4;

/** `current()`: the temperature now; `drag(T)`: it is being moved; `release()`: the pointer let go; `releaseKey()`: a key did;
 *  `reset()`: the button was pressed; `setLog(on)`: the scale was chosen. Returns {node, update(T, text, log, dragged), lock(locked)}. */
function temperatureSlider(texts, { current, drag, release, releaseKey, reset, setLog }) {
  const slider = element('input', { type: 'range', min: 0, max: 1, step: 'any', 'aria-label': texts.temperature });
  slider.addEventListener('input', () => drag(temperatureAt(Number(slider.value), SNAP_PIXELS / (slider.clientWidth || Infinity))));
  slider.addEventListener('change', release);
  slider.addEventListener('keydown', event => {
    const T = temperatureAfterKey(event.key, current());
    if (T === null) return;
    event.preventDefault();
    drag(T);
    slider.value = placeOf(T);
  });
  for (const end of ['keyup', 'blur']) slider.addEventListener(end, releaseKey);
  const readout = element('output', { class: 'readout' });
  const one = element('button', { type: 'button' }, texts.to_one);
  one.addEventListener('click', reset);
  const logBox = element('input', { type: 'checkbox' });
  logBox.addEventListener('change', () => setLog(logBox.checked));
  return {
    node: element('div', { class: 'slider_row' }, readout, element('div', { class: 'slider' }, slider, temperatureTicks()), one, element('label', {}, logBox, texts.log_scale)),
    update(T, text, log, dragged) {
      if (!dragged) slider.value = placeOf(T);
      if (slider.ariaValueText !== `T = ${text}`) slider.ariaValueText = `T = ${text}`;
      write(readout, `T = ${text}`);
      logBox.checked = log;
    },
    lock(locked) {
      slider.disabled = one.disabled = locked;
    },
  };
}

/** The temperature that a key leads to, null for a key that moves nothing. */
function temperatureAfterKey(key, T) {
  const step = {
    ArrowRight: () => fineStep(T, 1), ArrowUp: () => fineStep(T, 1), ArrowLeft: () => fineStep(T, -1), ArrowDown: () => fineStep(T, -1),
    PageUp: () => coarseStep(T, 1), PageDown: () => coarseStep(T, -1), Home: () => COLDEST, End: () => HOTTEST,
  }[key];
  return step ? step() : null;
}

function temperatureTicks() {
  return element('div', { class: 'ticks', 'aria-hidden': 'true' }, ...TEMPERATURE_TICKS.map(T => {
    const tick = element('span', T === 1 ? { class: 'one' } : MINOR_TICKS.includes(T) ? { class: 'minor' } : {}, String(T));
    tick.style.left = `calc(var(--thumb) / 2 + ${placeOf(T)} * (100% - var(--thumb)))`;
    return tick;
  }));
}
