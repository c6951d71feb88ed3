// Escape leaves the lesson, unless it closes something that is open over the page, or is meant for a field in which one writes or chooses.
const FIELDS = 'input:not([type="range"], [type="radio"], [type="checkbox"]), textarea, select, [role="combobox"]';

export default function ({ parentElement, setTriggerValue }) {
  const mark = parentElement.querySelector('.lesson_keys');
  if (mark.dataset.listens) return;
  mark.dataset.listens = '1';
  const listen = event => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (document.querySelector('[role="dialog"], [role="listbox"], [data-baseweb="popover"]')) return;
    if (event.target.closest?.(FIELDS)) return;
    if (!mark.isConnected) document.removeEventListener('keydown', listen);
    else setTriggerValue('leave', true);
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}
