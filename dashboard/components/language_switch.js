// Switches the language: the choice is kept in a cookie for the next visit, and the page's script draws it again in that language.
const YEAR = 365 * 24 * 3600;

export default function ({ parentElement, data, setTriggerValue }) {
  document.documentElement.lang = data.lang;
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
    setTriggerValue('language', select.value);
  };
}
