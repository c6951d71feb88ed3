// A pad to draw a digit on. White ink on black, kept as strokes so that the last one can be taken back; when a stroke
// ends the server gets the ink on a small grid.

const SIDE = 280, PEN = 22;
const pads = new WeakMap();

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector('.pad');
  if (!pads.has(root)) pads.set(root, drawingPad(root));
  pads.get(root).receive(data, setStateValue);
}

function drawingPad(root) {
  const canvas = root.querySelector('canvas'), [undo, clear] = root.querySelectorAll('button');
  const [count, note] = root.querySelectorAll('p');
  const paper = canvas.getContext('2d', { willReadFrequently: true });
  const strokes = [];
  let texts, send, cells, pen = null;

  function receive(data, setStateValue) {
    texts = data.texts;
    cells = data.side;
    send = setStateValue;
    root.style.visibility = 'visible';
    canvas.setAttribute('aria-label', texts.pad);
    undo.textContent = texts.undo;
    clear.textContent = texts.clear;
    note.textContent = texts.note;
    paint();
  }

  function paint() {
    paper.fillStyle = '#000';
    paper.fillRect(0, 0, SIDE, SIDE);
    for (const stroke of strokes) trace(stroke);
    undo.disabled = clear.disabled = strokes.length === 0;
    count.textContent = strokes.length ? texts.strokes.replace('{n}', strokes.length) : texts.empty;
  }

  function trace(stroke) {
    paper.strokeStyle = '#fff';
    paper.lineWidth = PEN;
    paper.lineCap = paper.lineJoin = 'round';
    paper.beginPath();
    paper.moveTo(...stroke[0]);
    for (const point of stroke.length > 1 ? stroke.slice(1) : stroke) paper.lineTo(...point);
    paper.stroke();
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * SIDE / box.width, (event.clientY - box.top) * SIDE / box.height];
  }

  /** The ink's mean in each cell of the grid, 0 to 255, row after row. */
  function ink() {
    const { data: colours } = paper.getImageData(0, 0, SIDE, SIDE), cell = SIDE / cells, sums = new Array(cells * cells).fill(0);
    for (let y = 0; y < SIDE; y++) for (let x = 0; x < SIDE; x++) sums[Math.floor(y / cell) * cells + Math.floor(x / cell)] += colours[4 * (y * SIDE + x)];
    return sums.map(sum => Math.round(sum / cell ** 2));
  }

  function tell() {
    paint();
    send('ink', { pixels: ink(), strokes: strokes.length });
  }

  canvas.onpointerdown = event => {
    if (pen !== null || (event.pointerType === 'mouse' && event.button !== 0)) return;
    pen = event.pointerId;
    canvas.setPointerCapture(pen);
    strokes.push([at(event)]);
    paint();
  };
  canvas.onpointermove = event => {
    if (event.pointerId !== pen) return;
    const between = event.getCoalescedEvents?.() ?? [];
    strokes.at(-1).push(...(between.length ? between : [event]).map(at));
    trace(strokes.at(-1).slice(-between.length - 2));
  };
  canvas.onpointerup = canvas.onpointercancel = event => {
    if (event.pointerId !== pen) return;
    pen = null;
    tell();
  };
  undo.onclick = () => { strokes.pop(); tell(); };
  clear.onclick = () => { strokes.length = 0; tell(); };
  return { receive };
}
