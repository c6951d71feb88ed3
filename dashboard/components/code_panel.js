// A program with marks on the lines that the last change of a setting changed, and a button that copies all of it.

function programLine(words, marked, changed) {
  const line = document.createElement(marked ? 'mark' : 'span');
  line.className = 'line';
  if (marked) line.setAttribute('aria-label', changed + ' ' + words.map(word => word[1]).join(''));
  for (const [kind, text] of words) {
    const word = document.createElement('span');
    word.className = kind;
    word.textContent = text;
    line.append(word);
  }
  line.append('\n');
  return line;
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.code_panel'), button = root.querySelector('button'), pre = root.querySelector('pre');
  const status = root.querySelector('p');
  if (status.textContent !== data.said) status.textContent = data.said;
  button.textContent = data.copy;
  button.hidden = false;
  button.onclick = async () => {
    await copyText(data.text);
    button.textContent = data.done;
    setTimeout(() => { button.textContent = data.copy; }, 2000);
  };
  pre.setAttribute('aria-label', data.label);
  const marked = new Set(data.marked);
  pre.querySelector('code').replaceChildren(...data.lines.map((words, i) => programLine(words, marked.has(i + 1), data.changed)));
  const first = pre.querySelector('mark');
  if (first && root.shown !== data.text) {  // in sight within the panel; the page itself stays where the reader has it
    const above = first.offsetTop - pre.offsetTop;
    if (above < pre.scrollTop || above > pre.scrollTop + pre.clientHeight - 40) pre.scrollTop = above - 40;
  }
  root.shown = data.text;
}
