// Switches the language: the choice is kept in a cookie, and the page is loaded again. Its address has what is shown; Streamlit's
// widgets know what is chosen by its label, and would send the labels of the language before.
const YEAR = 365 * 24 * 3600;
const STREAMLITS = ["[data-testid='InputInstructions']", "[data-testid='stSkipToContent']", "[data-testid='stMainMenu']",
  "[data-testid='stMainMenuPopover']", "[data-testid='stFileUploaderDropzone']", "[data-testid='stElementToolbar']",
  "[data-testid='stTooltipContent']", "[role='listbox']", "[aria-label='Close']", "[aria-label='Clear all']", "[aria-label='Open']"].join();
let words = {}, watching;

export default function ({ parentElement, data }) {
  document.documentElement.lang = data.lang;
  words = data.words;
  watching ||= watch();
  watching();
  const select = parentElement.querySelector('select');
  select.replaceChildren(...data.languages.map(([value, name]) => {
    const option = document.createElement('option');
    Object.assign(option, { value, lang: value.replace('_', '-'), textContent: name, selected: value === data.chosen });
    return option;
  }));
  select.value = data.chosen;
  select.setAttribute('aria-label', data.label);
  select.title = data.label;
  select.style.visibility = 'visible';
  select.onchange = () => {
    document.cookie = `${data.cookie}=${select.value}; path=/; max-age=${YEAR}; samesite=lax`;
    const address = new URL(location.href);
    if (document.cookie.includes(`${data.cookie}=${select.value}`)) return location.reload();
    address.searchParams.set(data.parameter, select.value);  // within a frame that may keep no cookies
    location.assign(address);
  };
}

/** What Streamlit says by itself is put into the language wherever it appears; in English there are no words for it. */
function watch() {
  let asked = 0;
  const translate = () => {
    asked = 0;
    if (Object.keys(words).length) document.querySelectorAll(STREAMLITS).forEach(translated);
  };
  const soon = () => asked ||= requestAnimationFrame(translate);
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  return soon;
}

function translated(place) {
  for (const one of [place, ...place.querySelectorAll('*')]) {
    for (const name of ['aria-label', 'title']) {
      const said = one.hasAttribute(name) && inItsLanguage(one.getAttribute(name));
      if (said) one.setAttribute(name, said);
    }
    for (const node of one.childNodes) {
      const said = node.nodeType === 3 && inItsLanguage(node.data.trim());
      if (said) node.data = said;
    }
  }
}

function inItsLanguage(text) {
  if (words[text]) return words[text];
  const [, size, kinds] = text.match(/^(\S+) per file(.*)$/) || [];
  if (size && words['{size} per file']) return words['{size} per file'].replace('{size}', size) + kinds;
  const [word, ...rest] = text.split(': ');  // "Fullscreen: " and what is shown
  return rest.length && words[word] ? `${words[word]}: ${rest.join(': ')}` : '';
}
