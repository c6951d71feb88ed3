// Mounts the components of a page that needs no server, as Streamlit does on a page of its own: each one's HTML and styles
// in a place, a shadow root where it is isolated, and its module's function called with what it draws.
(() => {
  const plan = JSON.parse(document.getElementById('plan').textContent);
  const root = document.documentElement, body = document.body;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const drawings = [];
  const LARGE = 1350, MOST = 2.2;  // CSS pixels that a figure is made for, and how much larger it becomes on a slide
  let vega = '';
  globalThis.stillroomRecordings = plan.recordings;

  function addressOf(text) {
    return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  }

  /** The address of the module that loads Vega: of each module those that it imports have theirs already. */
  function vegaAddress() {
    const addresses = new Map();
    for (const [name, text] of plan.vega) {
      const linked = text.replace(/(["'`])\.\/([\w.-]+\.js)\1/g, (all, quote, needed) => addresses.has(needed) ? quote + addresses.get(needed) + quote : all);
      addresses.set(name, addressOf(linked));
    }
    return [...addresses.values()].pop() || '';
  }

  async function mount(place) {
    const chosen = () => plan.mounts[Number(place.dataset.mount)];
    const files = plan.components[chosen().component];
    const parentElement = files.isolated ? place.attachShadow({ mode: 'open' }) : place;
    parentElement.innerHTML = (files.isolated ? `<style>${files.css}</style>` : '') + files.html;
    files.module ||= import(addressOf(files.js));
    const { default: draw } = await files.module;
    const drawing = () => {
      const { data, themed } = chosen();
      draw({ parentElement, data: { vega, ...data, ...themed[root.dataset.theme] }, setStateValue() {}, setTriggerValue() {} });
    };
    drawings.push(drawing);
    drawing();
    return drawing;
  }

  // ---- the theme

  function show(theme) {
    root.dataset.theme = theme;
    document.querySelector('.theme_switch').setAttribute('aria-pressed', theme === 'dark');
    drawings.forEach(drawing => drawing());
  }

  const systems = () => show(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', systems);
  document.querySelector('.theme_switch').addEventListener('click', () => show(root.dataset.theme === 'dark' ? 'light' : 'dark'));

  // ---- one figure alone

  function choose() {
    const name = new URLSearchParams(location.hash.slice(1)).get('figure');
    const sections = [...document.querySelectorAll('section')], only = sections.find(section => section.dataset.figure === name);
    for (const section of sections) section.toggleAttribute('data-shown', section === only);
    body.toggleAttribute('data-only', Boolean(only));
    body.toggleAttribute('data-moves', Boolean(only?.hasAttribute('data-moves')));
    for (const link of document.querySelectorAll('nav a')) link.toggleAttribute('aria-current', link.hash === '#figure=' + name);
    enlarge();
    scrollTo(0, 0);
  }

  function enlarge() {
    const zoom = Math.min(MOST, Math.max(1, root.clientWidth / LARGE));
    body.style.setProperty('--zoom', zoom.toFixed(2));
  }

  addEventListener('hashchange', choose);
  addEventListener('resize', enlarge);

  // ---- printing: on white, and not before the charts are drawn on it

  async function printPage() {
    const before = root.dataset.theme;
    show('light');
    await drawn();
    print();
    show(before);
  }

  /** Until every chart has been drawn since it was last changed. */
  async function drawn() {
    const charts = [...document.querySelectorAll('.live_chart')].filter(chart => chart.clientWidth);
    while (charts.some(chart => chart.chart && !chart.chart.view)) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  }

  document.querySelector('.print').addEventListener('click', printPage);
  addEventListener('keydown', event => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'p') {
      event.preventDefault();
      printPage();
    }
  });

  // ---- the page

  async function begin() {
    systems();
    choose();
    vega = vegaAddress();
    await Promise.all([...document.querySelectorAll('.mount')].map(async place => {
      const drawing = await mount(place);
      for (const choice of document.getElementsByName(place.dataset.chosen || '\n'))
        choice.addEventListener('change', () => { place.dataset.mount = choice.value; drawing(); });
    }));
    root.dataset.ready = 'yes';
  }

  begin();
})();
