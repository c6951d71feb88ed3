// The pinned images with their bars; built once, then only widths change, so that bars can glide.
function drawPanels(root, data) {
  root.setAttribute('aria-label', data.alt);
  root.choose = data.choose;
  const shape = JSON.stringify(data.panels.map(p => [p.image, p.bars.map(b => b.name)]));
  if (root.dataset.shape !== shape) {
    root.dataset.shape = shape;
    root.replaceChildren(...data.panels.map((panel, number) => {
      const figure = document.createElement('figure');
      figure.addEventListener('click', () => root.choose(number));
      const image = document.createElement('img');
      image.src = panel.image;
      image.alt = panel.label;
      const caption = document.createElement('figcaption');
      caption.textContent = panel.label;
      const bars = document.createElement('div');
      bars.className = 'bars';
      for (const bar of panel.bars) {
        const row = document.createElement('div');
        row.className = bar.label ? 'bar answer' : 'bar';
        const name = document.createElement('span');
        name.textContent = bar.name;
        name.title = bar.name;
        const track = document.createElement('div');
        track.className = 'track';
        for (const who of ['student', 'teacher']) {
          const mark = document.createElement('i');
          mark.className = who;
          track.append(mark);
        }
        row.append(name, track);
        bars.append(row);
      }
      const head = document.createElement('div');
      head.className = 'head';
      head.append(image, caption);
      figure.append(head, bars);
      return figure;
    }));
  }
  root.style.setProperty('--teacher', data.colours.teacher);
  root.style.setProperty('--student', data.colours.student);
  const rows = root.querySelectorAll('.bar');
  let i = 0;
  for (const panel of data.panels) for (const bar of panel.bars) {
    const row = rows[i++];
    const texts = [];
    for (const who of ['student', 'teacher']) {
      const mark = row.querySelector('.' + who);
      const p = bar[who];
      mark.style.display = p === null ? 'none' : '';
      if (p === null) continue;
      mark.style.width = 100 * p / data.end + '%';
      texts.push(data.names[who] + ' ' + percentText((100 * p).toFixed(1)));
    }
    row.title = bar.name + ': ' + texts.join(', ');
  }
}
