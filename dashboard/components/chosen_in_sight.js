// On a narrow page the cards of a choice are swept along sideways: the chosen one is brought into sight. The page itself
// does not move, and a card that is in sight already stays where it is.
const FRAMES = 120;  // how long it waits for the cards, which the page may draw later

function cardsOf(container) {
  return document.querySelector(`.st-key-${CSS.escape(container)} [role="radiogroup"]`);
}

function bringIntoSight(cards) {
  const card = [...cards.children].find(one => one.querySelector('input:checked'));
  if (!card) return false;
  const row = cards.getBoundingClientRect(), box = card.getBoundingClientRect();
  if (box.left < row.left || box.right > row.right) {
    cards.scrollLeft += (box.left + box.right) / 2 - (row.left + row.right) / 2;
  }
  return true;
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('span');
  if (root.chosen === data.chosen) return;
  root.chosen = data.chosen;
  let left = FRAMES;
  const look = () => {
    const cards = cardsOf(data.container);
    if (!(cards && bringIntoSight(cards)) && left-- > 0) requestAnimationFrame(look);
  };
  look();
}
