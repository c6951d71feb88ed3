// One pinned image, large, beside the curve: at the step that is shown, the student's bars grow into the teacher's outlines,
// with the twin's below them. The other images are small beneath it; a click makes one of them the large one.
const LARGE_ROLES = ['teacher', 'student', 'twin'];

class PinnedLarge {
  constructor(root) {
    this.root = root;
    this.rows = [];
  }

  receive(data) {
    this.data = data;
    for (const who of LARGE_ROLES) this.root.style.setProperty('--' + who, data.colours[who]);
    follow(this, data, () => this.draw());
  }

  draw() {
    const shown = pinnedTargets(this.stream);
    this.root.classList.toggle('empty', !shown);
    if (!shown) return;
    const { panels } = shown, chosen = Math.min(this.stream.image, panels.length - 1), panel = panels[chosen];
    this.build(panels, panel);
    this.fillTexts(shown, panel);
    const most = Math.max(...panel.bars.flatMap(bar => LARGE_ROLES.map(who => bar[who] || 0)));
    panel.bars.forEach((bar, i) => this.drawBar(this.rows[i], bar, Math.ceil(10 * (most || 1)) / 10));
    this.buttons.forEach((button, i) => button.setAttribute('aria-pressed', i === chosen));
  }

  build(panels, panel) {
    const shape = JSON.stringify([panels.map(one => one.image), panel.image, panel.bars.map(bar => bar.name)]);
    if (this.shape === shape) return;
    this.shape = shape;
    const head = this.root.querySelector('.head img');
    head.src = panel.image;
    head.alt = panel.label;
    this.rows = panel.bars.map(bar => this.row(bar));
    this.root.querySelector('.bars').replaceChildren(...this.rows.map(row => row.node));
    this.buttons = panels.map((one, i) => {
      const button = element('button', { type: 'button', title: fill(this.data.texts.choose, { label: one.label }) }, element('img', { src: one.image, alt: one.label }));
      button.addEventListener('click', () => this.stream.choose(i));
      return button;
    });
    this.root.querySelector('.others').replaceChildren(...this.buttons);
  }

  row(bar) {
    const marks = Object.fromEntries(LARGE_ROLES.map(who => [who, element('i', { class: who })]));
    const number = element('span', { class: 'number' });
    const name = element('span', { class: 'name', title: bar.name }, bar.name);
    const track = element('div', { class: 'track' }, marks.student, marks.twin, marks.teacher);
    return { node: element('div', { class: bar.label ? 'bar answer' : 'bar' }, name, track, number), marks, number };
  }

  drawBar({ node, marks, number }, bar, end) {
    const texts = [];
    for (const who of LARGE_ROLES) {
      const p = bar[who];
      marks[who].style.display = p === null ? 'none' : '';
      if (p === null) continue;
      marks[who].style.width = 100 * p / end + '%';
      texts.push(this.data.names[who] + ' ' + beliefText(p));
    }
    write(number, bar.student === null ? '' : beliefText(bar.student));
    node.title = bar.name + ': ' + texts.join(', ');
  }

  fillTexts(shown, panel) {
    const { texts, names, marks } = this.data, there = LARGE_ROLES.filter(who => panel.bars.some(bar => bar[who] !== null));
    const { T } = pinnedTexts(shown).values;
    write(this.root.querySelector('.title'), fill(texts.title, { T }));
    write(this.root.querySelector('.label'), fill(texts.label, { label: panel.label }));
    for (const who of LARGE_ROLES) {
      const sign = this.root.querySelector('.sign.' + who);
      sign.hidden = !there.includes(who);
      write(sign.lastElementChild, marks[who] + ' ' + names[who]);
    }
    this.root.setAttribute('aria-label', fill(texts.alt, { label: panel.label, T }));
  }

  close() {
    unfollow(this);
  }
}

function beliefText(p) {
  return percentText((100 * p).toFixed(p < 0.0995 ? 1 : 0));
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector('.pinned_large');
  root.large ||= new PinnedLarge(root);
  root.large.receive(data);
  return () => {
    root.large?.close();
    root.large = null;
  };
}
