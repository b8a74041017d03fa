// Tiles of the gallery: thumbnails of a page in a request or two; a click asks for one picture.
const CHUNK = 48;  // thumbnails in one request: an address has to stay below 8 KB

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector('.root');
  const S = root._s ??= {};
  S.open = id => setTriggerValue('open', id);
  const batch = JSON.stringify([data.thumbnails, data.tiles]);
  if (S.batch === batch) return;
  S.batch = batch;
  S.loading?.abort();
  S.loading = new AbortController();
  const images = new Map();
  const grid = element('div', 'grid');
  grid.append(...data.tiles.map(tile => buildTile(S, tile, images)));
  root.replaceChildren(grid);
  const ids = [...images.keys()];
  for (let from = 0; from < ids.length; from += CHUNK) {
    load(data, ids.slice(from, from + CHUNK), images, S.loading.signal);
  }
}

function buildTile(S, tile, images) {
  const node = element('button', tile.deleted ? 'tile deleted' : 'tile');
  node.type = 'button';
  node.title = tile.file;
  node.onclick = () => S.open(tile.id);
  node.onkeydown = event => event.stopPropagation();  // or Streamlit takes letters as shortcuts
  const image = element('img', ''), label = element('span', 'label'), facts = element('span', 'facts');
  Object.assign(image, { alt: '', decoding: 'async', draggable: false });
  label.textContent = tile.label;
  facts.textContent = tile.deleted ? `${tile.side} · deleted` : tile.side;
  images.set(tile.id, image);
  node.append(image, label, facts);
  return node;
}

async function load(data, ids, images, signal) {
  let pack = {};
  const sharp = devicePixelRatio > 1.25 ? 1 : 0;
  try {
    const answer = await fetch(`${data.thumbnails}?sharp=${sharp}&ids=${ids.join()}`, { signal });
    if (answer.ok) pack = await answer.json();
  } catch {
    if (signal.aborted) return;  // another page was turned to; anything else: one by one
  }
  for (const id of ids) {
    images.get(id).src = pack[id] ? 'data:image/jpeg;base64,' + pack[id] : `${data.pictures}${id}.jpg`;
  }
}

function element(tag, className) {
  return Object.assign(document.createElement(tag), { className });
}
