// The stage: what outlives a rerun, and who draws what. A trace has all steps, so time runs here.
// Drawn again on every rerun; every listener is on a node of this component.
const DRAWERS = { Lines: drawLines, Contour: drawContour, Surface3d: drawSurface3d, Bars: drawBars,
  Images: drawImages, Matrix: drawMatrix, Net: drawNet };
const PATIENCE_MS = 2000;       // an answer that takes longer is asked for again

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root');
  const S = root._s ??= start(root);
  S.ask = wish => setStateValue('asked', wish);
  receive(S, data);
}

function start(root) {
  const S = { root, n: null, answered: 0, step: 0, playing: false, panels: [], turn: [0.7, 0.75] };
  root.tabIndex = 0;
  root.setAttribute('role', 'group');
  root.setAttribute('aria-label', 'Playground. Space plays, arrows step.');
  S.ink = element('div', 'ink');
  for (let k = 0; k < 10; k++) S.ink.append(element('i'));
  S.controls = element('div', 'controls');
  S.stage = element('div', 'stage');
  S.near = element('div', 'near');
  S.clock = startClock(S);
  root.replaceChildren(S.ink, S.controls, S.stage);
  root.onkeydown = event => onKey(S, event);
  new ResizeObserver(() => { arrange(S); draw(S); }).observe(root);
  S.ink.addEventListener('transitionend', () => draw(S));   // the theme changed
  return S;
}

function receive(S, data) {
  const trace = unpacked(data), first = S.n === null;
  S.data = data;
  S.trace = trace;
  S.answered = data.n;
  if (first || S.lesson !== data.lesson) begin(S, data);
  S.step = Math.min(S.step, trace.steps - 1);
  if (S.startOver && data.n === S.n) { S.startOver = false; S.step = 0; play(S, true); }
  if (data.n === S.n && !S.waiting) paintControls(S);
  S.root.dataset.answered = data.n;
  sendNext(S);
  draw(S);
}

function begin(S, data) {
  S.lesson = data.lesson;
  S.n = data.n;
  S.values = { ...data.values };
  S.seed = data.seed;
  fillControls(S);
  S.panels = data.panels.map(panel => startPanel(S, panel));
  const [first, ...others] = S.panels.map(P => P.node);
  S.near.replaceChildren(first);
  S.near.className = first.className.replace('panel', 'near');
  S.stage.replaceChildren(S.clock.node, S.near, ...others);
  S.narrow = undefined;
  arrange(S);
}

// On a phone the controls come right below the first picture, which stays in sight.
function arrange(S) {
  const narrow = S.root.clientWidth < 620;
  if (narrow === S.narrow || !S.root.clientWidth) return;
  S.narrow = narrow;
  S.root.classList.toggle('narrow', narrow);
  if (narrow) S.near.append(S.controls);
  else S.root.insertBefore(S.controls, S.stage);
}

function startPanel(S, spec) {
  const P = { spec, node: element('figure', `panel span${spec.span}`) };
  P.caption = element('figcaption', '', spec.title);
  P.legend = element('div', 'legend');
  P.node.append(P.caption);
  if (spec.kind === 'Matrix') {
    P.table = element('div', 'table');
    P.node.append(P.table);
  } else {
    P.canvas = element('canvas');
    P.canvas.setAttribute('role', 'img');
    P.canvas.style.height = `${spec.height_px}px`;
    P.node.append(P.canvas);
    if (spec.kind === 'Surface3d') listenToTurning(S, P);
    if (spec.edits) listenToEditing(S, P);
  }
  P.node.append(P.legend);
  return P;
}

// Arrays as flat Float32Array with their shape; `at` gives what a name means at a step.
function unpacked(data) {
  const arrays = {};
  for (const [name, { shape, f4 }] of Object.entries(data.arrays)) {
    const bytes = Uint8Array.from(atob(f4), c => c.charCodeAt(0));
    arrays[name] = { shape, flat: new Float32Array(bytes.buffer) };
  }
  return { arrays, steps: data.sentences.length };
}

const moves = name => name.slice(name.lastIndexOf('_') + 1).startsWith('t');

function at(S, name, step) {
  const array = S.trace.arrays[name];
  if (!array) throw new Error(`no array ${name}`);
  if (!moves(name) || array.shape.length === 1) return array;
  const shape = array.shape.slice(1), size = shape.reduce((a, b) => a * b, 1);
  return { shape, flat: array.flat.subarray(step * size, (step + 1) * size) };
}

// The latest wish, one at a time. `settled`: the hand has let go, so the address may change.
function change(S, values, settled, seed = S.seed) {
  S.values = { ...S.values, ...values };
  S.seed = seed;
  S.settled = settled;
  S.waiting = true;
  setTimeout(() => sendNext(S));   // a key fires `input` and `change`: that is one wish
}

function sendNext(S) {
  const free = S.answered >= S.n || performance.now() - S.askedAt > PATIENCE_MS;
  if (!S.waiting || !free) return;
  S.waiting = false;
  S.n += 1;
  S.askedAt = performance.now();
  S.ask({ values: S.values, seed: S.seed, n: S.n, settled: S.settled });
}

function draw(S) {
  if (!S.trace || S.drawing) return;
  S.drawing = requestAnimationFrame(() => { S.drawing = 0; paint(S); });
}

function paint(S) {
  const inks = inksOf(S);
  for (const P of S.panels) {
    const rule = P.spec.only_if;
    P.node.hidden = !!rule && S.data.values[rule[0]] !== rule[1];
    if (P.node.hidden) continue;
    const C = P.canvas ? canvasOf(P, inks) : { inks };
    if (C) DRAWERS[P.spec.kind](S, P, C);
    P.canvas?.setAttribute('aria-label', `${P.spec.title}. ${S.data.sentences[S.step]}`);
  }
  paintClock(S);
  paintSteers(S);
  S.root.dataset.painted = S.answered;
  S.root.dataset.step = S.step;
}

function element(tag, name = '', text = '') {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text) node.textContent = text;
  return node;
}

function button(text, title, action) {
  const node = element('button', '', text);
  node.type = 'button';
  node.title = title;
  if (!/[a-z]/i.test(text)) node.setAttribute('aria-label', title);   // signs need a name
  node.onclick = action;
  return node;
}
