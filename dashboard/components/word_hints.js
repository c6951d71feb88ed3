// Finds the first of each term in what the page shows and explains it on hover, focus and touch. The page's own elements stay as they
// are: terms are painted as highlights over ranges of text, and who holds one can be reached with the keyboard.
const NEVER = 'style, script, textarea, input, code, pre, .katex-mathml, math, svg, .unseen, dl.glossary, .word_hint, .st-key-top_bar, ' +
  '[contenteditable], .runs .readonly, .runs .why, [aria-hidden="true"]:not(.katex-html, [data-testid="stWidgetLabel"] > span), [data-testid="stAlert"], [data-testid="stIconMaterial"], [data-testid="stMainMenu"], ' +
  '[data-testid="stToolbar"], [data-testid="stSelectbox"] [role="combobox"], [role="listbox"], [data-baseweb="tag"]';
const PRESSED = 'a, button, summary, label:has(input), [role="button"], [role="radiogroup"], [role="slider"], [role="tab"]';
const LABEL = '[data-testid="stWidgetLabel"]';  // of a widget, whose help button takes the keyboard's focus
const HAN = /\p{Script=Han}/u;
const QUIET = 400, LATEST = 2000, GRACE = 150, AROUND = 4;  // milliseconds; pixels

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** One expression for all terms, the longest forms first, and which term a form is of. */
function termsBy(terms) {
  const of = new Map();
  for (const term of terms) for (const form of term.forms) of.set(form, term);
  // Chinese writes its words without blanks between them.
  const before = form => (HAN.test(form[0]) ? '' : `(?<!(?!${HAN.source})[\\p{L}\\p{N}_^])`);
  const after = form => (HAN.test(form.at(-1)) ? '' : `(?!(?!${HAN.source})[\\p{L}\\p{N}_²])`);
  const ordinary = form => form.length > 3 && form === form.toLowerCase();
  const written = [...of.keys()].sort((a, b) => b.length - a.length).map(form => {
    const first = ordinary(form) ? `[${escaped(form[0])}${escaped(form[0].toUpperCase())}]` : escaped(form[0]);
    return before(form) + first + escaped(form.slice(1)) + (ordinary(form) && !HAN.test(form) ? 's?' : '') + after(form);
  });
  const find = new RegExp(written.join('|'), 'gu');
  const termOf = found => {
    const lower = found[0].toLowerCase() + found.slice(1);
    return of.get(found) || of.get(lower) || of.get(lower.replace(/s$/, ''));
  };
  return { find, termOf };
}

class WordHints {
  constructor(box) {
    this.box = box;
    this.marks = [];
    this.roots = new Map();
    this.sheet = new CSSStyleSheet();
    this.sheet.replaceSync('::highlight(words) { text-decoration: underline dotted 1px color-mix(in srgb, currentcolor 55%, transparent); }');
    this.highlight = window.Highlight && new Highlight();
    if (this.highlight) CSS.highlights.set('words', this.highlight);
    this.listeners = {
      pointermove: event => this.pointed(event), click: event => this.pressed(event), focusin: event => this.focused(event),
      focusout: () => this.hide(), keydown: event => event.key === 'Escape' && this.hide(),
    };
    for (const [name, listen] of Object.entries(this.listeners)) document.addEventListener(name, listen, { passive: true });
    addEventListener('scroll', this.scrolled = () => this.hide(), { capture: true, passive: true });
  }

  receive(terms) {
    Object.assign(this, termsBy(terms));
    this.soon();
  }

  /** Look again when the page has been quiet for a moment; where it never is, from time to time. */
  soon() {
    this.asked ||= performance.now();
    document.documentElement.dataset.words = 'changed';
    clearTimeout(this.timer);
    const wait = Math.max(0, Math.min(QUIET, this.asked + LATEST - performance.now()));
    this.timer = setTimeout(() => (window.requestIdleCallback || setTimeout)(() => { this.asked = 0; this.look(); }), wait);
  }

  watch(root) {
    if (this.roots.has(root)) return;
    const observer = new MutationObserver(changes => {
      if (changes.some(({ target }) => !this.box.contains(target))) this.soon();
    });
    observer.observe(root === document ? document.body : root, { subtree: true, childList: true, characterData: true });
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.sheet];
    this.roots.set(root, observer);
  }

  look() {
    if (!this.find) return;
    const texts = [], seen = new Set();
    this.collect(document, document.body, texts);
    const marks = [];
    const late = text => text.reached || text.formula;  // a sentence explains better than a button
    for (const text of [...texts.filter(one => !late(one)), ...texts.filter(late)]) this.mark(text, seen, marks);
    this.show(marks);
    document.documentElement.dataset.words = 'looked';
  }

  /** Every text that is seen, in the page's order, with the element that holds it. */
  collect(root, within, texts) {
    this.watch(root);
    const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, {
      acceptNode: node => (node.nodeType === 1 && node.matches(NEVER) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT),
    });
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === 1) {
        if (node.shadowRoot) this.collect(node.shadowRoot, node.shadowRoot, texts);
        continue;
      }
      const holder = node.parentElement;
      if (holder && node.data.trim() && holder.checkVisibility({ visibilityProperty: true }) && holder.offsetWidth > 1) {
        const formula = holder.closest('.katex'), acts = holder.closest(PRESSED), reached = acts || holder.closest(LABEL);
        texts.push({ node, holder: reached || formula || holder, reached: Boolean(reached), acts: Boolean(acts), formula: Boolean(formula) });
      }
    }
  }

  mark({ node, holder, reached, acts, formula }, seen, marks) {
    this.find.lastIndex = 0;
    for (const found of node.data.matchAll(this.find)) {
      const term = this.termOf(found[0]);
      if (!term || seen.has(term) || (formula && found[0].length < 2)) continue;  // what a letter means, a formula says itself
      seen.add(term);
      const range = new Range();
      range.setStart(node, found.index);
      range.setEnd(node, found.index + found[0].length);
      marks.push({ term, range, holder, reached, acts });
    }
  }

  show(marks) {
    const holders = new Map();
    for (const mark of marks) holders.set(mark.holder, [...(holders.get(mark.holder) || []), mark]);
    for (const { holder, reached } of this.marks) {
      if (holders.has(holder)) continue;
      holder.removeAttribute('data-words');
      if (!reached) holder.removeAttribute('tabindex');
    }
    for (const [holder, own] of holders) {
      const names = own.map(({ term }) => term.name).join('|');
      if (holder.dataset.words !== names) holder.dataset.words = names;
      if (!own[0].reached && holder.tabIndex < 0) holder.tabIndex = 0;
    }
    this.marks = marks;
    this.highlight?.clear();
    for (const { range } of marks) this.highlight?.add(range);
  }

  marksOf(event) {
    const holder = event.composedPath().find(node => node.dataset?.words);
    return holder ? this.marks.filter(mark => mark.holder === holder) : [];
  }

  /** The mark under the pointer. */
  under(event) {
    const { clientX: x, clientY: y } = event;
    return this.marksOf(event).find(({ range }) => [...range.getClientRects()].some(box =>
      x >= box.left - AROUND && x <= box.right + AROUND && y >= box.top - AROUND && y <= box.bottom + AROUND));
  }

  pointed(event) {
    if (event.pointerType === 'touch') return;
    const mark = this.under(event);
    if (mark) this.explain([mark], mark.range.getBoundingClientRect());
    else if (!this.box.hidden && !this.focusedOn && !this.box.contains(event.target)) this.leaving ||= setTimeout(() => this.hide(), GRACE);
    else this.stay();
  }

  pressed(event) {
    const mark = this.under(event);
    if (mark && !mark.acts) this.explain([mark], mark.range.getBoundingClientRect());
    else if (!this.box.contains(event.target)) this.hide();
  }

  focused(event) {
    const marks = this.marksOf(event), holder = marks[0]?.holder;
    if (!holder || !event.composedPath()[0].matches(':focus-visible')) return;
    this.explain(marks, holder.getBoundingClientRect());
    this.focusedOn = holder;
    holder.setAttribute('aria-describedby', this.box.id);
  }

  explain(marks, beside) {
    this.stay();
    const shown = marks.map(({ term }) => term.name).join('|');
    if (!this.box.hidden && this.shown === shown) return;
    this.shown = shown;
    this.box.replaceChildren(...marks.map(({ term }) => {
      const line = document.createElement('p'), name = document.createElement('b');
      name.textContent = term.name;
      if (term.english) {
        const english = document.createElement('span');
        english.lang = 'en';
        english.textContent = term.english;
        line.append(name, ' ', english, ' · ' + term.means);
      } else line.append(name, ' · ' + term.means);
      return line;
    }));
    this.box.hidden = false;
    const { width, height } = this.box.getBoundingClientRect(), room = document.documentElement;
    const below = beside.bottom + 6, above = beside.top - height - 6;
    this.box.style.left = Math.max(8, Math.min(beside.left, room.clientWidth - width - 8)) + 'px';
    this.box.style.top = Math.max(8, below + height <= room.clientHeight - 8 || above < 8 ? below : above) + 'px';
  }

  stay() {
    clearTimeout(this.leaving);
    this.leaving = null;
  }

  hide() {
    this.stay();
    this.box.hidden = true;
    this.box.replaceChildren();
    this.focusedOn?.removeAttribute('aria-describedby');
    this.focusedOn = null;
  }

  close() {
    clearTimeout(this.timer);
    for (const [name, listen] of Object.entries(this.listeners)) document.removeEventListener(name, listen);
    removeEventListener('scroll', this.scrolled, { capture: true });
    this.show([]);
    for (const [root, observer] of this.roots) {
      observer.disconnect();
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter(sheet => sheet !== this.sheet);
    }
  }
}

export default function ({ parentElement, data }) {
  const box = parentElement.querySelector('.word_hint');
  box.hints ||= new WordHints(box);
  box.hints.receive(data.terms);
  return () => {
    box.hints?.close();
    box.hints = null;
  };
}
