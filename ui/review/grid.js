// Drawn again on every rerun; what must outlive a rerun hangs on the root element.
const KEYS = [['← ↑ → ↓', 'move'], ['P', 'take the predicted label'], ['K', 'keep and go on'],
  ['D', 'delete'], ['Space', 'zoom'], ['U', 'undo'], ['⇧U', 'redo']];

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root');
  const S = root._s ??= { cid: crypto.randomUUID?.() ?? String(Math.random()), seq: 0, ops: [], current: 0 };
  S.data = data;
  S.send = setStateValue;
  S.ops = S.ops.filter(op => op.seq > (data.handled[S.cid] ?? 0));
  const first = S.batch === undefined;
  const batch = data.tiles.map(t => t.id).join() + data.classes.join();
  if (S.batch !== batch) {
    build(root, S);
    S.batch = batch;
    if (!first) root.scrollIntoView({ block: 'start' });
    root.focus({ preventScroll: true });      // keys work at once
  }
  paint(root, S);
}

function build(root, S) {
  const legend = element('div', 'legend');
  for (const [key, text] of KEYS) legend.append(keyHint(key, text));
  S.data.classes.slice(0, 9).forEach((name, k) => legend.append(keyHint(k + 1, name)));
  S.status = element('span', 'faint');
  S.status.setAttribute('role', 'status');
  const bar = element('div', 'bar');
  bar.append(S.status, button('Undo', 'Take back the last change', () => push(S, { op: 'undo' })),
    button('Redo', 'Apply it again', () => push(S, { op: 'redo' })));
  S.zoom = element('dialog', 'zoom');
  S.zoom.onclick = () => S.zoom.close();
  const grid = element('div', 'grid');
  grid.setAttribute('role', 'list');
  S.tiles = S.data.tiles.map((tile, k) => buildTile(root, S, tile, k));
  grid.append(...S.tiles.map(t => t.node));
  S.current = 0;
  root.tabIndex = 0;
  root.replaceChildren(legend, bar, grid, S.zoom);
  root.onkeydown = event => onKey(root, S, grid, event);
}

function buildTile(root, S, tile, k) {
  const node = element('div', 'tile');
  node.tabIndex = -1;
  node.setAttribute('role', 'listitem');
  node.onclick = () => { S.current = k; paint(root, S); };
  node.ondblclick = event => { if (event.target.tagName === 'IMG') zoom(root, S, k); };
  const image = element('img');
  Object.assign(image, { src: tile.src, decoding: 'async', loading: 'lazy' });
  const text = element('div', 'text'), labels = element('div', 'labels');
  const scores = element('div', 'faint'), file = element('div', 'faint');
  scores.textContent = `${Math.round(tile.probability * 100)} % sure · loss ${tile.loss.toFixed(2)} · ${tile.side}`;
  scores.title = 'probability of the predicted class · cross-entropy of the given label · side';
  file.textContent = file.title = tile.file;
  text.append(labels, scores, file);
  const choice = element('select');
  choice.setAttribute('aria-label', 'Label');
  choice.append(...S.data.classes.map(name => new Option(name, name)));
  choice.onchange = () => mark(root, S, k, 'relabel', choice.value);
  const keep = button('Keep', 'The label is right', () => mark(root, S, k, 'keep'));
  const remove = button('Delete', 'Take it out of use; the file stays', () => mark(root, S, k, now(S, k).deleted ? 'restore' : 'delete'));
  const actions = element('div', 'actions');
  actions.append(choice, keep, remove);
  node.append(image, text, actions);
  return { node, image, labels, choice, remove };
}

// What is stored, with the marks that are on their way laid over it.
function now(S, k) {
  const tile = { ...S.data.tiles[k] };
  for (const op of S.ops) {
    if (op.id !== tile.id) continue;
    tile.reviewed = true;
    if (op.op === 'relabel') tile.label = op.label;
    if (op.op === 'delete') tile.deleted = true;
    if (op.op === 'restore') tile.deleted = false;
  }
  return tile;
}

function paint(root, S) {
  let open = 0;
  S.tiles.forEach((t, k) => {
    const tile = now(S, k);
    if (!tile.reviewed) open += 1;
    t.node.className = 'tile' + (k === S.current ? ' current' : '') + (tile.deleted ? ' deleted' : '');
    const state = tile.deleted ? 'deleted' : tile.reviewed ? '✓ ' + tile.label : tile.label + ' → ' + tile.predicted;
    t.labels.textContent = state;
    t.labels.title = tile.deleted || tile.reviewed ? state : `given ${tile.label}, predicted ${tile.predicted}`;
    t.labels.classList.toggle('mark', tile.reviewed);
    t.image.alt = t.labels.title;
    t.choice.value = tile.label;
    t.remove.textContent = tile.deleted ? 'Restore' : 'Delete';
  });
  S.status.textContent = `${S.data.tiles.length - open} of ${S.data.tiles.length} on this page reviewed`;
}

function zoom(root, S, k) {
  const image = element('img'), text = element('div');
  image.src = S.data.tiles[k].src;
  image.alt = text.textContent = `${S.tiles[k].labels.title} · ${S.data.tiles[k].file}`;
  S.zoom.replaceChildren(image, text);
  S.zoom.showModal();
}

function mark(root, S, k, op, label) {
  push(S, { op, id: S.data.tiles[k].id, label });
  S.current = k;
  paint(root, S);
}

function push(S, op) {
  S.ops.push({ cid: S.cid, seq: ++S.seq, ...op });
  S.send('ops', S.ops.slice());
}

function onKey(root, S, grid, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.stopPropagation();            // a bare C or R would reach Streamlit's own shortcuts
  if (event.target.tagName === 'SELECT') return;
  if (S.zoom.open) { event.preventDefault(); S.zoom.close(); return; }
  const columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
  const move = step => { S.current = Math.max(0, Math.min(S.tiles.length - 1, S.current + step)); };
  const act = (op, label) => { if (S.tiles.length) { mark(root, S, S.current, op, label); move(1); } };
  const k = S.current, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const onButton = event.target.tagName === 'BUTTON';
  const actions = {
    ArrowRight: () => move(1), ArrowLeft: () => move(-1),
    ArrowDown: () => move(columns), ArrowUp: () => move(-columns),
    p: () => act('relabel', S.data.tiles[k].predicted), k: () => act('keep'),
    d: () => act('delete'), Delete: () => act('delete'), ' ': () => zoom(root, S, k),
    u: () => push(S, { op: event.shiftKey ? 'redo' : 'undo' }),
  };
  const name = S.data.classes[Number(key) - 1];
  const action = actions[key] ?? (/^[1-9]$/.test(key) && name !== undefined ? () => act('relabel', name) : null);
  if (!action || (onButton && key === ' ')) return;
  event.preventDefault();
  action();
  paint(root, S);
  S.tiles[S.current]?.node.focus({ preventScroll: true });
  S.tiles[S.current]?.node.scrollIntoView({ block: 'nearest' });
}

function element(tag, className = '') {
  return Object.assign(document.createElement(tag), { className });
}

function button(text, title, onclick) {
  return Object.assign(element('button'), { type: 'button', textContent: text, title, onclick });
}

function keyHint(key, text) {
  const hint = element('span'), name = element('kbd');
  name.textContent = key;
  hint.append(name, ' ' + text);
  return hint;
}
