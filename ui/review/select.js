// Which pictures are meant: the current one, the selection, and the pointer that changes both.
const DRAG_PX = 6;

function targets(S) {
  if (S.zoom.dialog.open || !S.selected.size) return S.tiles.length ? [S.current] : [];
  return [...S.selected].sort((a, b) => a - b);
}

function goTo(S, k) {
  S.current = S.anchor = k;
  S.selected.clear();
}

function walk(S, to, { extend = false, keep = false } = {}) {
  S.current = Math.max(0, Math.min(S.tiles.length - 1, to));
  if (extend) selectRange(S);
  else {
    if (!keep) S.selected.clear();
    S.anchor = S.current;
  }
  paint(S);
  const node = S.tiles[S.current]?.node;
  if (!S.zoom.dialog.open) node?.focus({ preventScroll: true });
  node?.scrollIntoView({ block: 'nearest' });
}

function selectRange(S) {
  const [from, to] = [S.anchor, S.current].sort((a, b) => a - b);
  S.selected = new Set([...S.tiles.keys()].slice(from, to + 1));
}

function selectAll(S) {
  S.selected = new Set(S.tiles.keys());
  paint(S);
}

function selectNone(S) {
  S.selected.clear();
  paint(S);
}

function toggle(S, k) {
  if (!S.selected.delete(k)) S.selected.add(k);
  S.current = S.anchor = k;
  paint(S);
}

function listenToPointer(S) {
  S.grid.onpointerdown = event => startBox(S, event);
  S.grid.onpointermove = event => stretchBox(S, event);
  S.grid.onpointerup = S.grid.onpointercancel = () => endBox(S);
  S.grid.onclick = event => onClick(S, event);
  S.grid.ondblclick = event => {
    const tile = event.target.closest('.photo')?.closest('.tile');
    if (tile) openZoom(S, Number(tile.dataset.k));
  };
}

function onClick(S, event) {
  const dragged = S.dragged;
  S.dragged = false;
  if (dragged || event.target.closest('button, select')) return;
  const tile = event.target.closest('.tile');
  if (!tile) { selectNone(S); return; }
  const k = Number(tile.dataset.k);
  if (event.shiftKey) { S.current = k; selectRange(S); paint(S); }
  else if (event.ctrlKey || event.metaKey || S.selecting) toggle(S, k);
  else { goTo(S, k); S.selected.add(k); paint(S); }
  tile.focus({ preventScroll: true });
}

// A finger scrolls; a mouse or a pen draws a box.
function startBox(S, event) {
  S.dragged = false;
  if (event.button || event.pointerType === 'touch' || event.target.closest('button, select')) return;
  const adds = event.ctrlKey || event.metaKey || event.shiftKey || S.selecting;
  S.box = { at: place(S, event), before: new Set(adds ? S.selected : []), node: null };
}

function stretchBox(S, event) {
  if (!S.box) return;
  const a = S.box.at, b = place(S, event);
  if (!S.box.node) {
    if (Math.hypot(a.x - b.x, a.y - b.y) < DRAG_PX) return;
    S.grid.setPointerCapture(event.pointerId);
    S.box.node = element('div', 'box');
    S.grid.append(S.box.node);
  }
  const left = Math.min(a.x, b.x), top = Math.min(a.y, b.y);
  const right = Math.max(a.x, b.x), bottom = Math.max(a.y, b.y);
  Object.assign(S.box.node.style, { left: left + 'px', top: top + 'px',
    width: right - left + 'px', height: bottom - top + 'px' });
  S.selected = new Set(S.box.before);
  S.tiles.forEach(({ node: n }, k) => {
    const apart = n.offsetLeft > right || n.offsetLeft + n.offsetWidth < left
      || n.offsetTop > bottom || n.offsetTop + n.offsetHeight < top;
    if (!apart) S.selected.add(k);
  });
  paint(S);
}

function endBox(S) {
  if (S.box?.node) {
    S.box.node.remove();
    S.dragged = true;                   // the click that follows is not meant
    if (S.selected.size) S.current = S.anchor = Math.max(...S.selected);
    paint(S);
    S.tiles[S.current]?.node.focus({ preventScroll: true });
  }
  S.box = null;
}

function place(S, event) {
  const { left, top } = S.grid.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

// What can be done with the selection, for fingers and as a reminder of the keys.
function startTray(S) {
  const tray = element('div', 'tray');
  S.traySaid = element('strong');
  S.traySaid.setAttribute('role', 'status');
  S.trayDelete = trayButton('D', 'Delete', () => act(S, 'delete'));
  tray.append(S.traySaid, trayButton('P', 'Predicted', () => act(S, 'predicted')),
    trayButton('K', 'Keep', () => act(S, 'keep')), S.trayDelete,
    trayButton('/', 'Label …', () => openTyping(S, targets(S))),
    trayButton('Esc', 'None', () => { S.selecting = false; selectNone(S); }));
  return tray;
}

function trayButton(key, text, onclick) {
  const made = button('', '', onclick), name = element('kbd'), words = element('span');
  name.textContent = key;
  words.textContent = text;
  made.append(name, words);
  return made;
}

function paintTray(S) {
  const many = S.selected.size;
  S.tray.hidden = !many && !S.selecting;
  S.traySaid.textContent = many ? `${many} selected` : S.selecting ? 'Tap pictures to select' : '';
  const restores = many && targets(S).every(k => S.shown[k].deleted);
  S.trayDelete.lastChild.textContent = restores ? 'Restore' : 'Delete';
}
