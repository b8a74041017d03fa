// Keys, the legend that lists them, and typing a label.
const BEST = 8;
const KEYS = [['← ↑ → ↓', 'move'], ['P', 'predicted label'], ['K', 'keep'], ['D', 'delete / restore'],
  ['U', 'undo'], ['⇧U', 'redo'], ['Space', 'zoom'], ['A', 'select all'], ['⇧ + arrows', 'select more'],
  ['Esc', 'select none'], ['?', 'these keys']];

function fillLegend(S) {
  const names = S.data.classes, labels = names.slice(0, 9).map((name, k) => keyHint(k + 1, name));
  const typed = names.length > 9 ? `for all ${names.length} labels` : 'type a label';
  S.legend.replaceChildren(...KEYS.map(([key, text]) => keyHint(key, text)),
    ...labels, keyHint('/', typed));
}

function keyHint(key, text) {
  const hint = element('span', 'hint'), name = element('kbd'), words = element('span');
  name.textContent = key;
  words.textContent = words.title = text;
  hint.append(name, words);
  return hint;
}

function toggleLegend(S) {
  S.legendShown = !S.legendShown;
  paint(S);
}

function onKey(S, event) {
  if (event.altKey) return;
  const action = withControl(S, event) ?? (event.ctrlKey || event.metaKey ? null : plainKey(S, event));
  if (!event.ctrlKey && !event.metaKey) event.stopPropagation();   // a bare C or R are Streamlit's
  if (!action) return;
  event.stopPropagation();
  event.preventDefault();
  action();
}

function withControl(S, event) {
  if (!(event.ctrlKey || event.metaKey) || S.typing.dialog.open) return null;
  const key = event.key.toLowerCase();
  if (key === 'a') return () => selectAll(S);
  if (key === 'z') return () => step(S, event.shiftKey ? 'redo' : 'undo');
  if (key === ' ') return () => toggle(S, S.current);
  return moves(S)[event.key] ? () => walk(S, moves(S)[event.key], { keep: true }) : null;
}

function plainKey(S, event) {
  if (S.typing.dialog.open || !S.tiles.length) return null;
  const on = event.target.tagName, zoomed = S.zoom.dialog.open;
  if (on === 'SELECT' || (on === 'BUTTON' && (event.key === ' ' || event.key === 'Enter'))) return null;
  const to = moves(S)[event.key];
  if (to !== undefined) return () => walk(S, zoomed ? beside(S, event.key) : to, { extend: event.shiftKey && !zoomed });
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const commands = {
    p: () => act(S, 'predicted'), k: () => act(S, 'keep'), d: () => act(S, 'delete'),
    Delete: () => act(S, 'delete'), u: () => step(S, event.shiftKey ? 'redo' : 'undo'),
    ' ': () => (zoomed ? S.zoom.dialog.close() : openZoom(S, S.current)),
    Enter: () => (zoomed ? S.zoom.dialog.close() : openZoom(S, S.current)),
    '/': () => openTyping(S, targets(S)), '?': () => toggleLegend(S),
    ...(zoomed ? { h: () => toggleHeatMap(S), Escape: () => S.zoom.dialog.close() }
      : { a: () => selectAll(S), Escape: () => selectNone(S) }),
  };
  return commands[key] ?? digit(S, event);
}

// By the key's place when the layout needs Shift for digits (French).
function digit(S, event) {
  const number = /^[1-9]$/.test(event.key) ? event.key
    : event.shiftKey ? null : /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const name = number && S.data.classes[number - 1];
  return name === undefined || !number ? null : () => act(S, 'relabel', name);
}

function moves(S) {
  const columns = getComputedStyle(S.grid).gridTemplateColumns.split(' ').length, k = S.current;
  return { ArrowRight: k + 1, ArrowLeft: k - 1, ArrowDown: k + columns, ArrowUp: k - columns,
    Home: 0, End: S.tiles.length - 1 };
}

// In the zoom pictures stand in one row.
function beside(S, key) {
  return { ArrowRight: S.current + 1, ArrowDown: S.current + 1, ArrowLeft: S.current - 1,
    ArrowUp: S.current - 1, Home: 0, End: S.tiles.length - 1 }[key];
}

// To the selection, or to the current picture when none is selected; then on to the next.
function act(S, op, label) {
  const ks = targets(S);
  if (!ks.length) return;
  if (op === 'predicted') {
    for (const [name, same] of byPrediction(S, ks)) mark(S, same, 'relabel', name);
    if (ks.length > 1) say(S, `predicted labels, ${ks.length} pictures`);
  } else if (op === 'delete' && ks.every(k => S.shown[k].deleted)) mark(S, ks, 'restore');
  else mark(S, ks, op, label);
  walk(S, Math.max(...ks) + 1);
}

function byPrediction(S, ks) {
  const groups = new Map();
  for (const k of ks) {
    const name = S.shown[k].predicted;
    groups.set(name, [...(groups.get(name) ?? []), k]);
  }
  return groups;
}

function startTyping(S) {
  const dialog = element('dialog', 'typing'), input = element('input'), list = element('div', 'found');
  const title = element('div', 'faint');
  Object.assign(input, { type: 'text', autocomplete: 'off', spellcheck: false, placeholder: 'Type a label' });
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-expanded': 'true',
    'aria-controls': 'found', 'aria-label': 'Label', 'aria-autocomplete': 'list' })) input.setAttribute(name, value);
  list.id = 'found';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Labels');
  dialog.setAttribute('aria-label', 'Choose a label');
  dialog.append(title, input, list);
  dialog.onclick = event => { if (event.target === dialog) dialog.close(); };
  const T = { dialog, input, list, title, names: [], at: 0, ks: [] };
  input.oninput = () => findLabels(S, T);
  input.onkeydown = event => typingKey(S, T, event);
  return T;
}

function openTyping(S, ks) {
  if (!ks.length) return;
  const T = S.typing;
  T.ks = ks;
  T.input.value = '';
  T.title.textContent = ks.length > 1 ? `A label for ${ks.length} pictures`
    : `Instead of ${S.shown[ks[0]].label}`;
  findLabels(S, T);
  T.dialog.showModal();
  T.input.focus();
}

function typingKey(S, T, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && T.names.length) {
    T.at = (T.at + step + T.names.length) % T.names.length;
    paintFound(S, T);
  } else if (event.key === 'Enter') choose(S, T, T.names[T.at]);
  else return;
  event.preventDefault();
  event.stopPropagation();      // the box is closed now, and the grid would take the same key
}

function choose(S, T, name) {
  if (name === undefined) return;
  T.dialog.close();
  mark(S, T.ks, 'relabel', name);
  walk(S, Math.max(...T.ks) + 1);
}

function findLabels(S, T) {
  T.names = bestLabels(S.data.classes, T.input.value);
  T.at = 0;
  paintFound(S, T);
}

// Names that begin with it, then those with a word that does, then those that have it anywhere.
function bestLabels(names, typed) {
  const plain = text => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const sought = plain(typed.trim());
  const rank = name => {
    const at = plain(name).indexOf(sought);
    return at < 0 ? 3 : at === 0 ? 0 : plain(name).split(/[\s_/-]+/).some(word => word.startsWith(sought)) ? 1 : 2;
  };
  return [0, 1, 2].flatMap(r => names.filter(name => rank(name) === r)).slice(0, BEST);
}

function paintFound(S, T) {
  const rows = T.names.map((name, n) => {
    const row = button(name, name, () => choose(S, T, name));
    row.id = 'found' + n;
    row.tabIndex = -1;
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', n === T.at);
    return row;
  });
  if (!rows.length) rows.push(Object.assign(element('div', 'faint'), { textContent: 'No label has that.' }));
  T.list.replaceChildren(...rows);
  T.input.setAttribute('aria-activedescendant', T.names.length ? 'found' + T.at : '');
}
