// Escape leaves the lesson, unless it closes something that is open over the page.
export default function ({ parentElement, setTriggerValue }) {
  const mark = parentElement.querySelector('.lesson_keys');
  if (mark.dataset.listens) return;
  mark.dataset.listens = '1';
  const listen = event => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    if (document.querySelector('[role="dialog"], [role="listbox"], [data-baseweb="popover"]')) return;
    if (!mark.isConnected) document.removeEventListener('keydown', listen);
    else setTriggerValue('leave', true);
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}
