// The temperature on a logarithmic slider: places 0..1, temperatures, and the steps of the keyboard.

const COLDEST = 0.25, HOTTEST = 100;
const TEMPERATURE_TICKS = [COLDEST, 0.5, 1, 2, 4, 10, 20, 50, HOTTEST];
const SNAP = 0.004;

/** Place 0..1 on the slider to a temperature, logarithmic; it snaps to the ticks, both ends among them, from `snap` of the
 *  slider's length away, and to the digits that are shown. */
function temperatureAt(place, snap = SNAP) {
  const near = TEMPERATURE_TICKS.find(T => Math.abs(placeOf(T) - place) <= snap);
  return near ?? rounded(COLDEST * (HOTTEST / COLDEST) ** place);
}

/** A temperature to its place 0..1 on the slider. */
function placeOf(T) {
  return Math.log(T / COLDEST) / Math.log(HOTTEST / COLDEST);
}

function rounded(T) {
  return within(T < 10 ? Math.round(T * 100) / 100 : Math.round(T * 10) / 10);
}

function within(T) {
  return Math.min(HOTTEST, Math.max(COLDEST, T));
}

/** The next temperature for an arrow key (`by` +1 or -1): one step of the second digit, so that 1, 4 and 20 are hit. */
function fineStep(T, by) {
  const unit = T < 1 || (T <= 1 && by < 0) ? 0.01 : T < 10 || (T <= 10 && by < 0) ? 0.1 : 1;
  const steps = T / unit, next = by > 0 ? Math.floor(steps + 1e-6) + 1 : Math.ceil(steps - 1e-6) - 1;
  return within(Math.round(next * unit * 100) / 100);
}

/** The next temperature for a Page key: doubled or halved, on the powers of two. */
function coarseStep(T, by) {
  const power = Math.log2(T);
  return within(2 ** (by > 0 ? Math.floor(power + 1e-6) + 1 : Math.ceil(power - 1e-6) - 1));
}
