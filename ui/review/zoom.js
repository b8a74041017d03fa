// One picture large, with what is known of it. Details come when asked for and may be missing.
function startZoom(S) {
  const dialog = element('dialog', 'zoom');
  dialog.setAttribute('aria-label', 'Picture');
  dialog.tabIndex = -1;
  const photo = element('div', 'large'), frame = element('div', 'frame');
  const image = element('img'), heat = element('img', 'heat');
  heat.alt = '';
  frame.append(image, heat);
  photo.append(frame);
  const side = element('div', 'side'), head = element('div', 'head'), title = element('div', 'labels');
  const given = element('div', 'given'), guess = element('div', 'guess');
  title.append(given, guess);
  const nav = element('div', 'nav'), place = element('span', 'faint');
  nav.append(button('←', 'Previous (←)', () => walk(S, S.current - 1)), place,
    button('→', 'Next (→)', () => walk(S, S.current + 1)),
    button('✕', 'Close (Esc)', () => dialog.close()));
  head.append(title, nav);
  const actions = element('div', 'actions'), more = element('div', 'more');
  const Z = { dialog, photo, image, heat, given, guess, place, more, k: -1, heatOn: false };
  Z.keep = trayButton('K', 'Keep', () => act(S, 'keep'));
  Z.remove = trayButton('D', 'Delete', () => act(S, 'delete'));
  Z.heatButton = trayButton('H', 'Heat map', () => toggleHeatMap(S));
  actions.append(trayButton('P', 'Predicted', () => act(S, 'predicted')), Z.keep, Z.remove,
    trayButton('/', 'Label …', () => openTyping(S, targets(S))), Z.heatButton);
  side.append(head, actions, more);
  dialog.append(photo, side);
  dialog.onclick = event => { if (event.target === dialog) dialog.close(); };
  dialog.onclose = () => leaveZoom(S);
  image.onload = () => photo.style.setProperty('--ratio', image.naturalWidth / image.naturalHeight);
  heat.onload = () => { photo.classList.remove('waiting'); };
  heat.onerror = () => {
    if (!heat.getAttribute('src')) return;
    photo.classList.remove('waiting');
    heat.hidden = true;
    say(S, 'The heat map could not be made.');
    note(Z, 'The heat map could not be made.');
  };
  return Z;
}

function openZoom(S, k) {
  S.selected.clear();
  S.current = S.anchor = k;
  if (!S.zoom.dialog.open) {
    S.zoom.dialog.showModal();
    S.zoom.dialog.focus();      // not its first button, which would take the space key
  }
  paint(S);
}

function leaveZoom(S) {
  const Z = S.zoom;
  Z.loading?.abort();
  Z.k = -1;
  Z.detail = null;
  Z.image.removeAttribute('src');
  Z.heat.removeAttribute('src');
  Z.more.replaceChildren();
  paint(S);
  S.tiles[S.current]?.node.focus({ preventScroll: true });
}

function paintZoom(S) {
  const Z = S.zoom;
  if (!Z?.dialog.open || !S.tiles.length) return;
  const k = S.current, tile = S.shown[k], t = S.tiles[k], words = describe(t, tile);
  if (Z.k !== k) showPicture(S, k);
  Z.dialog.className = t.node.className.replace('tile', 'zoom');
  Z.given.textContent = words.given;
  Z.guess.textContent = words.guess;
  Z.given.title = Z.guess.title = Z.image.alt = words.title;
  Z.place.textContent = `${k + 1} of ${S.tiles.length}`;
  Z.remove.lastChild.textContent = tile.deleted ? 'Restore' : 'Delete';
  Z.heatButton.hidden = !Z.detail?.heatmap;
  Z.heatButton.setAttribute('aria-pressed', Z.heatOn);
}

function showPicture(S, k) {
  const Z = S.zoom, tile = S.data.tiles[k];
  Z.k = k;
  Z.detail = null;
  Z.image.src = pictureOf(S, tile);
  paintHeatMap(S);
  facts(Z, tile, null);
  loadDetail(S, tile);
}

async function loadDetail(S, tile) {
  const Z = S.zoom;
  Z.loading?.abort();
  const { signal } = Z.loading = new AbortController();
  try {
    const answer = await fetch(`${S.data.details}${tile.id}.json`, { signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const detail = await answer.json();
    if (signal.aborted) return;
    Z.detail = detail;
    facts(Z, tile, detail);
  } catch {
    if (signal.aborted) return;
    note(Z, 'More about this picture could not be loaded.');
  }
  paintHeatMap(S);
  paint(S);
}

function facts(Z, tile, detail) {
  const d = detail ?? {}, size = d.width && d.height ? `${d.width} × ${d.height} px` : '';
  const rows = [['File', d.file ?? tile.file], ['From', d.source], ['Size', size],
    ['Loss', tile.loss.toFixed(2)], ['Side', tile.side]].filter(([, value]) => value);
  const list = element('dl');
  for (const [name, value] of rows) {
    const term = element('dt'), words = element('dd');
    term.textContent = name;
    words.textContent = words.title = value;
    list.append(term, words);
  }
  Z.more.replaceChildren(...(d.sound ? [player(d)] : []), ...(d.probabilities?.length ? [heading('What the model thinks'), bars(tile, d.probabilities)] : []),
    ...(d.neighbours?.length ? [heading('Most similar pictures'), neighbours(d.neighbours)] : []), list);
}

function player({ sound, about_sounds }) {
  const box = element('div'), audio = element('audio'), about = element('p', 'faint');
  Object.assign(audio, { controls: true, preload: 'none', src: sound });
  audio.style.width = '100%';
  audio.onkeydown = event => event.stopPropagation();   // space plays, and does not close the zoom
  about.textContent = about_sounds;
  box.append(audio, about);
  return box;
}

function bars(tile, probabilities) {
  const list = element('div', 'bars');
  for (const { label, value } of probabilities) {
    const row = element('div', 'row'), name = element('span', 'name'), track = element('span', 'track');
    const bar = element('span', 'fill'), number = element('span', 'faint');
    const marks = [label === tile.label && 'given', label === tile.predicted && 'predicted'].filter(Boolean);
    row.classList.toggle('marked', marks.length > 0);
    name.title = label;
    name.append(Object.assign(element('span'), { textContent: label }),
      Object.assign(element('i'), { textContent: marks.join(', ') }));
    bar.style.width = `${Math.max(0, Math.min(1, value)) * 100}%`;
    number.textContent = `${(value * 100).toFixed(value < 0.0995 ? 1 : 0)} %`;
    track.append(bar);
    row.append(name, track, number);
    list.append(row);
  }
  return list;
}

function neighbours(near) {
  const list = element('div', 'near');
  for (const { label, similarity, src, reviewed } of near) {
    const one = element('figure'), image = element('img'), words = element('figcaption');
    Object.assign(image, { src, alt: '', decoding: 'async' });
    words.textContent = (reviewed ? '✓ ' : '') + label;
    one.title = `${label}${reviewed ? ', reviewed' : ''} · ${Math.round(similarity * 100)} % similar`;
    one.append(image, words);
    list.append(one);
  }
  return list;
}

function toggleHeatMap(S) {
  S.zoom.heatOn = !S.zoom.heatOn;
  paintHeatMap(S);
  paint(S);
}

function paintHeatMap(S) {
  const Z = S.zoom, address = Z.heatOn && Z.detail?.heatmap;
  Z.heat.hidden = !address;
  Z.photo.classList.toggle('waiting', Boolean(address) && Z.heat.getAttribute('src') !== address);
  if (!address) Z.heat.removeAttribute('src');
  else if (Z.heat.getAttribute('src') !== address) Z.heat.src = address;
}

function heading(text) {
  return Object.assign(element('h4'), { textContent: text });
}

function note(Z, text) {
  Z.more.append(Object.assign(element('p', 'faint'), { textContent: text }));
}
