// Drawn again on every rerun; what must outlive a rerun hangs on the root element.
const KEYS = [['← →', 'picture'], ['↑ ↓', 'group'], ['1–9', 'keep that one, delete the others'],
  ['Enter', 'keep the picture you are on'], ['A', 'keep all'], ['U', 'undo'], ['⇧U', 'redo']];

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root');
  const S = root._s ??= { log: new OperationLog(root, () => paint(S)), group: 0, member: 0 };
  S.data = data;
  S.log.update(data.handled, setStateValue);
  const first = S.page === undefined;
  const page = JSON.stringify([data.groups.map(g => g.members.map(m => m.id)), data.classes]);
  if (S.page !== page) {
    build(root, S);
    S.page = page;
    if (!first) root.scrollIntoView({ block: 'start' });
    root.focus({ preventScroll: true });      // keys work at once
  } else if (S.before && !S.log.ops.length) {
    showWhatChanged(S);
  }
  paint(S);
}

// After an undo or redo: go to the group that it changed.
function showWhatChanged(S) {
  const before = S.before;
  S.before = null;
  const changed = S.data.groups.findIndex((_, g) => stateNow(S, g) !== before[g]);
  if (changed < 0) return;
  S.group = changed;
  S.member = 0;
  S.groups[changed].node.scrollIntoView({ block: 'nearest' });
}

function stateNow(S, g) {
  const members = S.data.groups[g].members.map((_, m) => now(S, g, m));
  return JSON.stringify([isKept(S, g), members.map(m => [m.label, m.deleted])]);
}

function step(S, op) {
  S.before ??= S.data.groups.map((_, g) => stateNow(S, g));
  S.log.push({ op });
}

function build(root, S) {
  const legend = element('div', 'legend');
  for (const [key, text] of KEYS) legend.append(keyHint(key, text));
  S.status = element('span', 'faint');
  S.status.setAttribute('role', 'status');
  const bar = element('div', 'bar');
  bar.append(S.status, button('Undo', 'Take back the last change', () => step(S, 'undo')),
    button('Redo', 'Apply it again', () => step(S, 'redo')));
  S.groups = S.data.groups.map((group, g) => buildGroup(S, group, g));
  S.group = S.member = 0;
  root.tabIndex = 0;
  root.replaceChildren(legend, bar, ...S.groups.map(g => g.node));
  root.onkeydown = event => onKey(S, event);
}

function buildGroup(S, group, g) {
  const node = element('section', 'group');
  node.tabIndex = -1;
  node.setAttribute('aria-label', `Group ${g + 1}`);
  const head = element('div', 'head'), notes = element('div', 'notes'), grid = element('div', 'members');
  const keepAll = button('Keep all', 'They may look alike', () => { S.group = g; isKept(S, g) ? askAgain(S, g) : keepAllOf(S, g); });
  head.append(notes, keepAll);
  const members = group.members.map((_, m) => buildMember(S, g, m));
  grid.append(...members.map(m => m.node));
  node.append(head, grid);
  return { node, notes, keepAll, members };
}

function buildMember(S, g, m) {
  const member = S.data.groups[g].members[m], node = element('div', 'member');
  node.onclick = () => { S.group = g; S.member = m; paint(S); };
  const image = element('img');
  Object.assign(image, { src: member.src, decoding: 'async', loading: 'lazy', alt: member.file });
  const text = element('div', 'text'), label = element('div', 'label'), best = element('div', 'mark');
  const facts = element('div', 'faint'), file = element('div', 'faint');
  const side = { train: 'training', valid: 'validation' }[member.side] ?? member.side;
  facts.textContent = `${member.size} · ${side}`;
  file.textContent = file.title = member.file;
  text.append(label, facts, file, best);
  const choice = element('select');
  choice.setAttribute('aria-label', `Label of picture ${m + 1}`);
  choice.append(...S.data.classes.map(name => new Option(name, name)));
  choice.onchange = () => { mark(S, g, 'relabel', [m], choice.value); paint(S); };
  const keep = button('', 'The others are deleted; their files stay', () => { S.group = g; S.member = m; keepOne(S, g, m); });
  const actions = element('div', 'actions');
  actions.append(choice, keep);
  node.append(image, text, actions);
  return { node, label, best, choice, keep };
}

// What is stored, with the operations that are on their way laid over it.
function now(S, g, m) {
  const member = { ...S.data.groups[g].members[m] };
  for (const op of S.log.ops) {
    if (!op.ids?.includes(member.id)) continue;
    if (op.op === 'relabel') member.label = op.label;
    if (op.op === 'delete') member.deleted = true;
    if (op.op === 'restore') member.deleted = false;
  }
  return member;
}

function isKept(S, g) {
  const ids = S.data.groups[g].members.map(m => m.id);
  let kept = S.data.groups[g].kept;
  for (const op of S.log.ops) {
    if (op.op === 'keep all' && ids.every(id => op.ids.includes(id))) kept = true;
    if (op.op === 'reopen' && ids.every(id => op.ids.includes(id))) kept = false;
  }
  return kept;
}

function inUse(S, g) {
  return S.groups[g].members.filter((_, m) => !now(S, g, m).deleted).length;
}

function settled(S, g) {
  return isKept(S, g) || inUse(S, g) < 2;
}

function paint(S) {
  let done = 0;
  S.groups.forEach((group, g) => {
    const kept = isKept(S, g), over = settled(S, g);
    done += over;
    group.node.className = 'group' + (g === S.group ? ' current' : '') + (over ? ' settled' : '');
    const title = element('div');
    title.textContent = over ? ['✓ None in use', '✓ One kept'][inUse(S, g)] ?? '✓ All kept'
      : S.data.groups[g].notes[0] ?? `${group.members.length} look-alikes`;
    title.classList.toggle('mark', over);
    const more = over ? [] : S.data.groups[g].notes.slice(1);
    group.notes.replaceChildren(title, ...more.map(note => Object.assign(element('div'), { textContent: note })));
    group.keepAll.textContent = kept ? 'Ask again' : 'Keep all';
    group.members.forEach((parts, m) => paintMember(S, g, m, parts));
  });
  S.status.textContent = S.log.warning || `${done} of ${S.groups.length} groups on this page settled`;
}

function paintMember(S, g, m, parts) {
  const member = now(S, g, m);
  parts.node.className = 'member' + (m === S.member ? ' current' : '') + (member.deleted ? ' deleted' : '');
  parts.label.textContent = member.deleted ? `deleted (${member.label})` : member.label;
  parts.choice.value = member.label;
  const alike = m === 0 ? '' : `${member.similarity} % like the first`;
  parts.best.textContent = [alike, member.best && !settled(S, g) ? 'suggested to keep' : ''].filter(Boolean).join(' · ') || '\u00a0';
  parts.keep.replaceChildren(...(m < 9 ? [keyName(m + 1), ' '] : []), 'Keep this one');
}

function keepOne(S, g, m) {
  if (now(S, g, m).deleted) mark(S, g, 'restore', [m]);
  const others = S.groups[g].members.map((_, k) => k).filter(k => k !== m && !now(S, g, k).deleted);
  if (others.length) mark(S, g, 'delete', others);
  paint(S);
}

function keepAllOf(S, g) {
  const deleted = S.groups[g].members.map((_, k) => k).filter(k => now(S, g, k).deleted);
  if (deleted.length) mark(S, g, 'restore', deleted);
  if (!isKept(S, g)) S.log.push({ op: 'keep all', ids: S.data.groups[g].members.map(m => m.id) });
  paint(S);
}

function askAgain(S, g) {
  S.log.push({ op: 'reopen', ids: S.data.groups[g].members.map(m => m.id) });
  paint(S);
}

function mark(S, g, op, numbers, label) {
  const members = numbers.map(m => now(S, g, m));
  const was = members.map(m => ({ label: m.label, deleted: m.deleted }));
  const unsure = S.log.unsure;
  S.log.push({ op, ids: members.map(m => m.id), ...(label === undefined ? {} : { label }), ...(unsure ? {} : { was }) });
}

function onKey(S, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.stopPropagation();            // a bare C or R would reach Streamlit's own shortcuts
  if (event.target.tagName === 'SELECT' || !S.groups.length) return;
  const count = S.groups[S.group].members.length;
  const toGroup = by => {
    const to = Math.max(0, Math.min(S.groups.length - 1, S.group + by));
    if (to !== S.group) { S.group = to; S.member = 0; }
  };
  const toMember = by => { S.member = Math.max(0, Math.min(count - 1, S.member + by)); };
  const keep = m => { if (m < count) { keepOne(S, S.group, m); toGroup(1); } };
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const actions = {
    ArrowRight: () => toMember(1), ArrowLeft: () => toMember(-1),
    ArrowDown: () => toGroup(1), ArrowUp: () => toGroup(-1),
    a: () => { keepAllOf(S, S.group); toGroup(1); },
    u: () => step(S, event.shiftKey ? 'redo' : 'undo'),
  };
  if (event.target.tagName !== 'BUTTON') actions.Enter = () => keep(S.member);
  const action = actions[key] ?? (/^[1-9]$/.test(key) ? () => keep(Number(key) - 1) : null);
  if (!action) return;
  event.preventDefault();
  action();
  paint(S);
  const current = S.groups[S.group];
  current.node.focus({ preventScroll: true });
  (S.member ? current.members[S.member].node : current.node).scrollIntoView({ block: 'nearest' });
}

function element(tag, className = '') {
  return Object.assign(document.createElement(tag), { className });
}

function button(text, title, onclick) {
  return Object.assign(element('button'), { type: 'button', textContent: text, title, onclick });
}

function keyName(key) {
  return Object.assign(element('kbd'), { textContent: key });
}

function keyHint(key, text) {
  const hint = element('span');
  hint.append(keyName(key), ' ' + text);
  return hint;
}
