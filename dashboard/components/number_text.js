// Numbers as text: a share, a ratio, a temperature, each with the digits that it deserves. And templates, filled in.

const RAISED = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };

/** A template with {names} filled in. */
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}

/** The language in which the page is written. */
function pageLanguage() {
  return document.documentElement.lang || 'en';
}

/** The page is in this language from now on: the switch in the bar says so too, but may be mounted later than what is drawn here. */
function speak(language) {
  if (language) document.documentElement.lang = language;
}

/** So many percent, as the page's language writes it: 71 %, in Chinese 71%. */
function percentText(number) {
  return number + (pageLanguage().startsWith('zh') ? '%' : ' %');
}

/** 4.0, 0.25, 12.5, 100: at least one decimal below ten. */
function temperatureText(T) {
  if (T >= 10) return String(rounded(T));
  const text = T.toFixed(2);
  return text.endsWith('0') ? text.slice(0, -1) : text;
}

function powerOfTen(exponent) {
  return '10' + [...String(exponent)].map(sign => RAISED[sign]).join('');
}

/** A share given as its natural logarithm, as a power of ten: 3 × 10⁻⁹. Works where the share itself would underflow. */
function scientific(logp, digits = 1) {
  const l = logp / Math.LN10;
  let exponent = Math.floor(l), mantissa = (10 ** (l - exponent)).toFixed(digits - 1);
  if (Number(mantissa) >= 10) { exponent += 1; mantissa = (1).toFixed(digits - 1); }
  return Number(mantissa) === 1 && digits === 1 ? powerOfTen(exponent) : mantissa + ' × ' + powerOfTen(exponent);
}

/** A signed number with a true minus sign, and none before zero. */
function signedText(number, digits) {
  const text = Math.abs(number).toFixed(digits);
  return (number < 0 && Number(text) !== 0 ? '−' : '') + text;
}

function counted(number) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(number)) - 1);
  return (Math.round(number / step) * step).toLocaleString(pageLanguage(), { maximumFractionDigits: 0 });
}

/** A share, from its natural logarithm, the way people read it: 71 %, 0.2 %, 99.98 %, 1 in 40,000, 3 × 10⁻⁹. `short` where
 *  room is scarce: a power of ten below one in a hundred thousand, else below one in a million. */
function shareText(logp, texts, short = false) {
  const p = Math.exp(logp);
  if (p >= 0.995) {
    const rest = -Math.expm1(logp);
    if (rest === 0 && logp === 0) return percentText(100);
    if (rest < 1e-6) return '> ' + percentText('99.9999');
    return percentText((100 * p).toFixed(Math.max(1, Math.ceil(-Math.log10(rest) - 1e-9) - 2)));
  }
  if (p >= 0.0095) return percentText(Math.round(100 * p));
  if (p >= 0.00095) return percentText((100 * p).toFixed(1));
  if (p >= (short ? 9.5e-6 : 9.5e-7)) return fill(texts.one_in, { n: counted(1 / p) });
  return scientific(logp);
}

/** How many times likelier, from the natural logarithm of the ratio: 1.5, 3, 1,000, 10⁹. */
function timesText(logRatio) {
  const ratio = Math.exp(logRatio);
  if (ratio >= 999500) return scientific(logRatio);
  return ratio < 9.5 ? ratio.toFixed(1).replace('.0', '') : counted(ratio);
}

/** An entropy beside the most that it can be, with as many places as tell them apart. */
function entropyOf(bits, most) {
  const places = [2, 3, 4].find(n => bits.toFixed(n) !== most.toFixed(n)) ?? 2;
  return { bits: bits.toFixed(places), most: most.toFixed(places) };
}
