const PHONE = matchMedia('(max-width: 640px)');

// The table of runs: every press, tick and text goes to the server as a message { number, do, run, value }, and the server
// checks whose run it is. A message is repeated with the next one until the server says that it was handled. What is being
// typed stays while new rows arrive.
function drawTable(root, data, setTriggerValue) {
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  root.table ||= Math.random().toString(36).slice(2);
  root.pending = (root.pending || []).filter(one => data.handled.table !== root.table || one.number > data.handled.number);
  const send = (what, run, value) => {
    root.count = (root.count || 0) + 1;
    root.pending.push({ number: root.count, do: what, run, value });
    setTriggerValue('messages', { table: root.table, messages: root.pending });
  };
  const columns = data.columns.filter(column => column.name !== 'marks' || !PHONE.matches);
  const drawn = JSON.stringify({ ...data, columns, handled: 0 });
  if (root.dataset.drawn === drawn) return;
  root.dataset.drawn = drawn;
  const texts = data.texts;

  const moment = seconds => {  // by the reader's clock, in an order that sorts
    const at = new Date(1000 * seconds);
    const two = number => String(number).padStart(2, '0');
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
  };

  const box = (label, ticked, onchange) => {
    const input = make('input');
    input.type = 'checkbox';
    input.checked = ticked;
    input.setAttribute('aria-label', label);
    input.onchange = () => onchange(input.checked);
    return input;
  };

  const head = () => {
    const row = make('tr');
    const all = make('th', 'tick');
    all.scope = 'col';
    const every = data.rows.length > 0 && data.rows.every(r => r.chosen);
    all.append(box(texts.choose_all, every, ticked => send('choose_all', '', ticked)));
    row.append(all, make('th', 'star'));
    for (const column of columns) {
      const cell = make('th', column.kind);
      cell.scope = 'col';
      if (column.order) {
        const button = make('button', column.role, column.title);
        button.type = 'button';
        button.title = texts.sort.replace('{by}', column.long || column.title);
        button.dataset.key = 'sort ' + column.order;
        const here = data.order === column.order;
        cell.setAttribute('aria-sort', here ? (data.rising ? 'ascending' : 'descending') : 'none');
        if (here) button.append(make('span', 'way', data.rising ? ' ▲' : ' ▼'));
        button.onclick = () => send('sort', '', column.order);
        cell.append(button);
      } else {
        cell.append(make('span', column.role, column.title));
      }
      row.append(cell);
    }
    const section = make('thead');
    section.append(row);
    return section;
  };

  const field = (run, what, value, label, hint) => {
    const refused = run.refused[what];
    if (!run.mine || run.deleted) {
      const text = make('span', 'readonly ' + what, value);
      text.title = value;
      return text;
    }
    const input = make('input', 'text ' + what);
    input.type = 'text';
    input.value = input.defaultValue = refused ? refused.typed : value;
    input.placeholder = hint;
    input.title = refused ? refused.why : value;
    input.setAttribute('aria-label', label.replace('{run}', called(run)));
    input.dataset.key = what + ' ' + run.id;
    input.onkeydown = event => {
      if (event.key === 'Enter') input.blur();
      if (event.key === 'Escape') { input.value = value; input.blur(); if (refused) send(what, run.id, value); }
    };
    input.onchange = () => { if (refused || input.value !== value) send(what, run.id, input.value); };
    if (!refused) return input;
    const both = make('span', 'refused');  // what was typed stays until it can be taken
    const why = make('span', 'why', refused.why);
    why.setAttribute('role', 'alert');
    input.setAttribute('aria-invalid', 'true');
    both.append(input, why);
    return both;
  };

  const marks = run => [field(run, 'tags', run.tags, texts.tags, texts.add_tags), field(run, 'note', run.note, texts.note, texts.add_note)];

  // A name for screen readers: no two rows on a page have the same.
  const called = run => `${run.spoken}, ${moment(run.created)}`;

  const star = run => {
    const does = (run.starred ? texts.unstar : texts.star).replace('{run}', called(run));
    const button = make('button', run.starred ? 'on' : '', run.starred ? '★' : '☆');
    button.type = 'button';
    button.dataset.key = 'star ' + run.id;
    button.setAttribute('aria-label', does);
    button.title = run.mine ? does : texts.not_yours;
    button.disabled = !run.mine || run.deleted;
    button.onclick = () => send('star', run.id, !run.starred);
    return button;
  };

  const opened = run => {
    const cell = make('th', 'name');
    cell.scope = 'row';
    if (run.deleted) {
      cell.append(make('span', 'link', run.name));
    } else {
      const link = make('a', 'link', run.name);
      link.href = 'train?run=' + encodeURIComponent(run.id);
      link.dataset.key = 'open ' + run.id;
      link.onclick = event => {  // a new tab stays the browser's own business
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        send('open', run.id, true);
      };
      cell.append(link);
    }
    const what = make('span', 'what', run.what);
    what.title = run.what;
    cell.append(what);
    if (PHONE.matches) cell.append(...marks(run));  // beside a table of many columns they would be far from their run
    return cell;
  };

  const row = run => {
    const line = make('tr', run.chosen ? 'chosen' : '');
    line.dataset.run = run.id;
    const tick = make('td', 'tick');
    const ticked = box(texts.choose.replace('{run}', called(run)), run.chosen, value => send('choose', run.id, value));
    ticked.dataset.key = 'choose ' + run.id;
    tick.append(ticked);
    if (run.letter) {
      const line = make('span', 'stroke');
      line.style.background = run.stroke;
      tick.append(make('b', 'letter', run.letter), line);
    }
    const starred = make('td', 'star');
    starred.append(star(run));
    line.append(tick, starred, opened(run));
    for (const column of columns.slice(1)) {
      const cell = make('td', column.kind);
      if (column.name === 'marks') cell.append(...marks(run));
      else if (column.name === 'date') {
        const begun = make('time', '', moment(run.created));
        begun.dateTime = new Date(1000 * run.created).toISOString();
        cell.append(begun);
      } else {
        const text = make('span', run.looks[column.name] || '', run.cells[column.name]);
        text.dataset.cell = column.name;
        cell.append(text);
        if (run.under[column.name]) cell.append(make('span', 'under', run.under[column.name]));
        if (run.tips[column.name]) cell.title = run.tips[column.name];
      }
      line.append(cell);
    }
    return line;
  };

  const held = root.getRootNode().activeElement;
  const focus = held && root.contains(held) && held.dataset.key;
  const typed = focus && held.type === 'text' && held.value !== held.defaultValue
    ? { value: held.value, from: held.selectionStart, to: held.selectionEnd } : null;

  const table = make('table');
  const body = make('tbody');
  body.append(...data.rows.map(row));
  table.append(head(), body);
  table.setAttribute('aria-label', texts.table);
  const scrolled = [root.scrollLeft, root.scrollTop];
  root.style.setProperty('--student', data.colours.student);
  root.style.setProperty('--twin', data.colours.twin);
  root.style.setProperty('--teacher', data.colours.teacher);
  root.style.maxHeight = data.height;
  root.replaceChildren(table);
  [root.scrollLeft, root.scrollTop] = root.dataset.page === data.page ? scrolled : [0, 0];
  root.dataset.page = data.page;

  const again = focus && [...root.querySelectorAll('[data-key]')].find(node => node.dataset.key === focus);
  if (again) {
    again.focus({ preventScroll: true });
    if (typed) {
      again.value = typed.value;
      again.setSelectionRange(typed.from, typed.to);
    }
  }
}

// How far runs are that train or wait comes by a stream of its own; the rest of the row is drawn by the page.
function drawStatuses(root) {
  for (const [run, text] of Object.entries(root.stream?.values.statuses || {})) {
    const cell = root.querySelector(`[data-run="${CSS.escape(run)}"] [data-cell="status"]`);
    if (cell && cell.textContent !== text) cell.textContent = text;
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.runs');
  drawTable(root, data, setTriggerValue);
  if (root.address !== data.address) {
    root.leave?.();
    root.address = data.address;
    root.leave = data.address && watch(data.address, stream => {
      root.stream = stream;
      drawStatuses(root);
    });
  }
  drawStatuses(root);
  const fold = () => drawTable(root, data, setTriggerValue);
  PHONE.addEventListener('change', fold);
  return () => {
    PHONE.removeEventListener('change', fold);
    root.leave?.();
    root.address = root.leave = null;
  };
}
