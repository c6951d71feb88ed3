// A vote's fields, and its result, as students' pages and the presenter's draw them.

/** The fields of a question: `answer()` is null until one can be given. */
function answerFields(vote, texts) {
  const root = document.createElement('fieldset'), question = vote.question;
  root.className = question.kind;
  const legend = document.createElement('legend');
  legend.textContent = question.asks;
  legend.className = 'unseen';
  root.append(legend);
  const make = { choice: choiceFields, number: numberFields, order: orderFields }[question.kind];
  return { root, answer: make(root, question, vote.id, texts) };
}

function choiceFields(root, question, id) {
  question.options.forEach((option, number) => {
    const label = document.createElement('label'), input = document.createElement('input');
    input.type = 'radio';
    input.name = 'vote_' + id;
    input.value = number;
    label.append(input, ' ' + option);
    root.append(label);
  });
  return () => {
    const chosen = root.querySelector('input:checked');
    return chosen ? Number(chosen.value) : null;
  };
}

function numberFields(root, question) {
  const label = document.createElement('label'), input = document.createElement('input'), output = document.createElement('output');
  const steps = Math.round((question.high - question.low) / question.step);
  input.type = 'range';
  input.min = 0;
  input.max = steps;
  input.value = Math.round(steps / 2);
  input.setAttribute('aria-label', question.asks);
  const value = () => Number((question.low + Number(input.value) * question.step).toPrecision(12));
  const say = () => {
    output.textContent = withUnit(question, value());
    input.setAttribute('aria-valuetext', output.textContent);
  };
  input.addEventListener('input', () => {
    root.dataset.moved = '1';
    say();
  });
  say();
  label.append(input, output);
  root.append(label);
  return value;
}

function orderFields(root, question, id, texts) {
  const places = question.options.map((_option, place) => {
    const label = document.createElement('label'), select = document.createElement('select');
    select.append(new Option('–', ''));
    question.options.forEach((option, number) => select.append(new Option(option, number)));
    label.append(texts.place.replace('{n}', place + 1) + ' ', select);
    root.append(label);
    return select;
  });
  return () => {
    const order = places.map(select => select.value === '' ? null : Number(select.value));
    return order.includes(null) || new Set(order).size < order.length ? null : order;
  };
}

function withUnit(question, number) {
  return question.unit.replace('{n}', Number(number).toLocaleString('en', { maximumSignificantDigits: 6 }));
}

/** An answer in words. */
function answerText(question, answer) {
  if (question.kind === 'choice') return question.options[answer] ?? '';
  if (question.kind === 'number') return withUnit(question, answer);
  return (answer || []).map(place => question.options[place]).join(' > ');
}

/** How many gave each answer, as bars beside what was measured. */
function resultRows(result, texts) {
  if (!result) return [];
  const table = document.createElement('table'), most = Math.max(1, ...result.rows.flatMap(row => [row.n, row.before ?? 0]));
  table.className = 'result';
  for (const row of result.rows) {
    const line = table.insertRow(), label = document.createElement('th'), bar = line.insertCell(), count = line.insertCell();
    label.scope = 'row';
    label.textContent = row.label + (row.measured ? ' ✓' : '');
    line.prepend(label);
    line.classList.toggle('measured', row.measured);
    for (const [kind, n] of [['before', row.before], ['now', row.n]]) {
      if (n === null) continue;
      const mark = document.createElement('div');
      mark.className = 'bar ' + kind;
      mark.style.width = 100 * n / most + '%';
      bar.append(mark);
    }
    bar.className = 'bars';
    count.className = 'n';
    count.textContent = row.before === null ? row.n : row.before + ' → ' + row.n;
  }
  const said = [result.measured, result.changed].filter(Boolean).map(text => {
    const line = document.createElement('p');
    line.className = 'said';
    line.textContent = text;
    return line;
  });
  if (result.rows.some(row => row.before !== null)) {
    const line = document.createElement('p');
    line.className = 'small';
    line.textContent = texts.rounds;
    said.push(line);
  }
  return [table, ...said];
}
