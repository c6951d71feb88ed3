// Streamlit calls its components when the reader switches the theme, but not the page's script: it is asked for here, once.
export default function ({ parentElement, data, setTriggerValue }) {
  const mark = parentElement.querySelector('.theme_watch');
  const colour = getComputedStyle(mark).getPropertyValue('--st-background-color').trim();
  const [red, green, blue] = [1, 3, 5].map(start => parseInt(colour.slice(start, start + 2), 16));
  const seen = red + green + blue < 3 * 128 ? 'dark' : 'light';
  if (seen === data.theme) mark.asked = '';
  else if (mark.asked !== seen) {
    mark.asked = seen;
    setTriggerValue('theme', seen);
  }
}
