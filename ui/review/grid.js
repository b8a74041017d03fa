// The grid itself: tiles, marks and what is painted. Drawn again on every rerun; what must outlive
// a rerun hangs on the root element. Every listener is on a node of this component: when the
// component goes, all of it goes.
const CHUNK = 48;               // thumbnails in one request: an address has to stay below 8 KB
const MOST = 200;               // pictures in one mark, as in core/review/marks.py
const LABELS_IN_A_SELECT = 30;  // more are typed

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root');
  const S = root._s ??= start(root);
  S.data = data;
  S.log.update(data.handled, setStateValue);
  const batch = JSON.stringify([data.workspace, data.classes, data.tiles.map(tile => tile.id)]);
  if (S.batch !== batch) {
    S.batch = batch;
    fill(S);
    say(S, '');
  }
  if (S.page !== undefined && S.page !== data.page) root.scrollIntoView({ block: 'start' });
  S.page = data.page;
  paint(S);
  if (data.announcement) say(S, data.announcement);
}

// The frame, made once; tiles come and go inside.
function start(root) {
  const S = { root, log: new OperationLog(root, () => paint(S)),
    current: 0, anchor: 0, selected: new Set(), selecting: false, tiles: [], box: null,
    legendShown: false };
  S.grid = element('div', 'grid');
  S.grid.setAttribute('role', 'grid');
  S.grid.setAttribute('aria-label', 'Pictures to review');
  S.grid.setAttribute('aria-multiselectable', 'true');
  S.legend = element('div', 'legend');
  S.bar = startBar(S);
  S.tray = startTray(S);
  S.typing = startTyping(S);
  S.zoom = startZoom(S);
  root.replaceChildren(S.bar, S.legend, S.grid, S.tray, S.typing.dialog, S.zoom.dialog);
  root.onkeydown = event => onKey(S, event);
  listenToPointer(S);
  return S;
}

function startBar(S) {
  S.count = element('span', 'count');
  S.said = element('span', 'said');
  S.said.setAttribute('role', 'status');
  S.selectMode = button('Select', 'Taps and clicks add to the selection', () => {
    S.selecting = !S.selecting;
    paint(S);
  });
  const bar = element('div', 'bar');
  bar.append(S.count, S.said, button('Undo', 'Take back the last change (U)', () => step(S, 'undo')),
    button('Redo', 'Apply it again (Shift U)', () => step(S, 'redo')), S.selectMode,
    button('Keys', 'Show or hide the keys (?)', () => toggleLegend(S)));
  return bar;
}

function fill(S) {
  S.loading?.abort();
  S.loading = new AbortController();
  S.current = S.anchor = 0;
  S.selected.clear();
  S.zoom.dialog.close();
  S.typing.dialog.close();
  const focused = S.grid.contains(S.root.getRootNode().activeElement);
  S.tiles = S.data.tiles.map((tile, k) => buildTile(S, tile, k));
  S.grid.replaceChildren(...S.tiles.map(t => t.node));
  fillLegend(S);
  loadThumbnails(S);
  if (focused || mayTakeFocus()) S.tiles[0]?.node.focus({ preventScroll: true });
}

// Keys work at once, unless the person is typing or choosing elsewhere on the page.
function mayTakeFocus() {
  const at = document.activeElement;
  if (at?.closest('input, textarea, [contenteditable], [role=dialog], [data-baseweb=popover]')) return false;
  return !(at?.closest('[data-testid=stButtonGroup]') && at.matches(':focus-visible'));
}

function loadThumbnails(S) {
  const tiles = S.tiles.map((t, k) => [S.data.tiles[k], t.image]), signal = S.loading.signal;
  for (let from = 0; from < tiles.length; from += CHUNK) {
    const part = tiles.slice(from, from + CHUNK);
    const sharp = devicePixelRatio > 1.25 ? 1 : 0, ids = part.map(([tile]) => tile.id).join();
    loadPart(S, `${S.data.thumbnails}?sharp=${sharp}&ids=${ids}`, part, signal);
  }
}

async function loadPart(S, address, part, signal) {
  let pack = {};
  try {
    const answer = await fetch(address, { signal, priority: 'high' });
    if (answer.ok) pack = await answer.json();
  } catch {
    if (signal.aborted) return;    // another page was turned to; anything else: one by one
  }
  for (const [tile, image] of part) {
    image.src = pack[tile.id] ? 'data:image/jpeg;base64,' + pack[tile.id] : pictureOf(S, tile);
  }
}

function pictureOf(S, tile) {
  return `${S.data.pictures}${tile.id}.jpg`;
}

function buildTile(S, tile, k) {
  const node = element('div', 'tile'), photo = element('div', 'photo'), face = element('div', 'face');
  Object.assign(node.dataset, { id: tile.id, k });
  node.tabIndex = -1;
  node.setAttribute('role', 'row');
  face.setAttribute('role', 'gridcell');
  const image = element('img'), badge = element('span', 'badge'), tick = element('span', 'tick');
  Object.assign(image, { decoding: 'async', draggable: false });
  const open = button('⤢', 'Zoom (Space)', () => openZoom(S, k));
  open.className = 'open';
  photo.append(image, badge, tick, open);
  const text = element('div', 'text'), labels = element('div', 'labels');
  const given = element('div', 'given'), guess = element('div', 'guess');
  labels.append(given, guess);
  const reason = element('div', 'faint');
  reason.textContent = reasonFor(tile);
  reason.title = `loss ${tile.loss.toFixed(2)} · ${tile.side} · ${tile.file}`;
  text.append(labels, reason);
  face.append(photo, text);
  const t = { node, image, badge, open, given, guess, was: tile.given ?? tile.label, look: '' };
  node.append(face, tileActions(S, t, k));
  return t;
}

// Why it is here, in one line.
function reasonFor(tile) {
  if (tile.predicted !== tile.label || tile.wrong >= 0.5) return `${Math.round(tile.wrong * 100)} % likely wrong`;
  return tile.probability >= 0.9 ? 'a check: nothing speaks against it' : 'the model is not sure';
}

function tileActions(S, t, k) {
  const only = (op, label = null) => () => { goTo(S, k); mark(S, [k], op, label); paint(S); };
  t.keep = button('Keep', 'The label is right (K)', only('keep'));
  t.remove = button('Delete', 'Take it out of use; the file stays (D)',
    () => only(S.shown[k].deleted ? 'restore' : 'delete')());
  if (S.data.classes.length > LABELS_IN_A_SELECT) {
    t.choice = button('', 'Another label (/)', () => { goTo(S, k); openTyping(S, [k]); });
  } else {
    t.choice = element('select');
    t.choice.append(...S.data.classes.map(name => new Option(name, name)));
    t.choice.onchange = () => { goTo(S, k); mark(S, [k], 'relabel', t.choice.value); paint(S); };
  }
  t.choice.setAttribute('aria-label', 'Label');
  t.accept = button('', 'The predicted label (P)', () => only('relabel', S.data.tiles[k].predicted)());
  t.accept.className = 'accept';
  const actions = element('div', 'actions');
  actions.setAttribute('role', 'gridcell');
  actions.append(t.accept, t.keep, t.remove, t.choice);
  t.controls = [t.open, t.accept, t.keep, t.remove, t.choice];
  return actions;
}

// What is stored, with the marks that are on their way laid over it.
function overlay(S) {
  const shown = S.data.tiles.map(tile => ({ ...tile })), byId = new Map(shown.map(t => [t.id, t]));
  for (const op of S.log.ops) {
    for (const id of op.ids ?? []) {
      const tile = byId.get(id);
      if (!tile) continue;
      tile.reviewed = true;
      if (op.op === 'relabel') tile.label = op.label;
      if (op.op === 'delete') tile.deleted = true;
      if (op.op === 'restore') tile.deleted = false;
    }
  }
  return shown;
}

function paint(S) {
  S.shown = overlay(S);
  let reviewed = 0;
  S.tiles.forEach((t, k) => {
    const tile = S.shown[k], chosen = S.selected.has(k), current = k === S.current;
    if (tile.reviewed) reviewed += 1;
    const look = [tile.label, tile.deleted, tile.reviewed, chosen, current].join('\n');
    if (t.look !== look) paintTile(t, tile, chosen, current);
    t.look = look;
  });
  S.count.textContent = S.log.warning || `${reviewed} of ${S.tiles.length} on this page reviewed`;
  S.selectMode.setAttribute('aria-pressed', S.selecting);
  S.legend.hidden = !S.legendShown;
  paintTray(S);
  paintZoom(S);
}

function paintTile(t, tile, chosen, current) {
  const changed = tile.label !== t.was;
  t.node.className = 'tile' + (current ? ' current' : '') + (chosen ? ' selected' : '')
    + (tile.deleted ? ' deleted' : tile.reviewed ? (changed ? ' relabelled' : ' kept') : '');
  const words = describe(t, tile);
  t.badge.textContent = words.badge;
  t.given.textContent = words.given;
  t.guess.textContent = words.guess;
  t.given.title = t.guess.title = words.title;
  t.image.alt = '';
  t.node.setAttribute('aria-label', `${words.title} ${tile.file}`);
  t.node.setAttribute('aria-selected', chosen);
  t.node.tabIndex = current ? 0 : -1;
  for (const control of t.controls) control.tabIndex = current ? 0 : -1;
  if (t.choice.tagName === 'SELECT') t.choice.value = tile.label;
  else t.choice.textContent = tile.label;
  t.remove.textContent = tile.deleted ? 'Restore' : 'Delete';
  t.keep.disabled = tile.deleted;
  // Always in its place, so that nothing jumps: where it would change nothing, it can't be pressed.
  t.accept.textContent = `→ ${tile.predicted}`;
  t.accept.disabled = tile.deleted || tile.predicted === tile.label;
}

function describe(t, tile) {
  const percent = `${Math.round(tile.probability * 100)} %`;
  const model = tile.predicted === tile.label ? `model agrees · ${percent}` : `${tile.predicted} · ${percent}`;
  const title = `given ${t.was}, predicted ${tile.predicted} (${percent})`;
  if (tile.deleted) return { badge: '✕', given: tile.label, guess: 'deleted', title: `deleted; ${title}` };
  if (!tile.reviewed) {
    return { badge: '', given: tile.label, guess: tile.predicted === tile.label ? model : '→ ' + model, title };
  }
  if (tile.label === t.was) {
    return { badge: '✓', given: '✓ ' + tile.label, guess: model, title: `kept ${tile.label}; ${title}` };
  }
  return { badge: '✎', given: t.was, guess: '✓ → ' + tile.label, title: `relabelled ${t.was} → ${tile.label}; ${title}` };
}

// One mark on these tiles; what is sent says what the person saw of each.
function mark(S, ks, op, label = null) {
  const unsure = S.log.unsure;
  for (let from = 0; from < ks.length; from += MOST) {
    const part = ks.slice(from, from + MOST).map(k => S.shown[k]);
    const was = part.map(({ label, deleted }) => ({ label, deleted }));
    S.log.push({ op, ids: part.map(tile => tile.id), label, ...(unsure ? {} : { was }) });
  }
  say(S, inWords(ks.map(k => S.shown[k].label), op, label));
}

function inWords(before, op, label) {
  const many = before.length > 1 ? `, ${before.length} pictures` : '';
  const same = before.every(name => name === before[0]) ? before[0] : '';
  if (op === 'relabel') return (same ? `${same} → ${label}` : `→ ${label}`) + many;
  return { keep: 'kept', delete: 'deleted', restore: 'restored' }[op] + (same ? ' ' + same : '') + many;
}

function step(S, op) {
  S.log.push({ op });
}

function say(S, words) {
  S.said.textContent = S.said.title = words;
}

function element(tag, className = '') {
  return Object.assign(document.createElement(tag), { className });
}

function button(text, title, onclick) {
  return Object.assign(element('button'), { type: 'button', textContent: text, title, onclick });
}
