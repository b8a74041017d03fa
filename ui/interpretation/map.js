// Points on a canvas: wheel zooms, dragging draws a lasso or moves the map, hovering shows a picture.
const NEAR_PX = 9, CELLS = 64;

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector('.root');
  const S = root.map ??= start(root);
  S.tell = chosen => setStateValue('chosen', { of: S.points, rows: chosen });
  if (S.points !== data.points) read(S, data);
  if (S.drawn !== data.colours) colour(S, data);
  draw(S);
}

function start(root) {
  root.innerHTML = `<div class="bar"><button type="button" data-mode="lasso" aria-pressed="true">Choose</button>
    <button type="button" data-mode="move" aria-pressed="false">Move</button>
    <button type="button" data-reset>Whole map</button><span class="said" role="status"></span></div>
    <div class="stage"><canvas role="img"></canvas><figure hidden><img alt=""><figcaption></figcaption></figure></div>
    <ul class="legend"></ul>`;
  const canvas = root.querySelector('canvas');
  const S = { root, canvas, pen: canvas.getContext('2d'), mode: 'lasso', view: whole(), chosen: [], path: null };
  for (const button of root.querySelectorAll('[data-mode]')) button.onclick = () => {
    S.mode = button.dataset.mode;
    for (const other of root.querySelectorAll('[data-mode]')) other.setAttribute('aria-pressed', other === button);
    canvas.classList.toggle('moving', S.mode === 'move');
  };
  root.querySelector('[data-reset]').onclick = () => { S.view = whole(); draw(S); };
  canvas.addEventListener('wheel', event => zoom(S, event), { passive: false });
  canvas.onpointerdown = event => down(S, event);
  canvas.onpointermove = event => S.from ? drag(S, event) : hover(S, event);
  canvas.onpointerup = canvas.onpointercancel = event => up(S, event);
  canvas.onpointerleave = () => { root.querySelector('figure').hidden = true; };
  new ResizeObserver(() => draw(S)).observe(canvas);
  return S;
}

const whole = () => ({ scale: 0.94, x: 0.03, y: 0.03 });
const bytes = text => Uint8Array.from(atob(text), sign => sign.charCodeAt(0));

function read(S, data) {
  S.points = data.points;
  const places = new Uint16Array(bytes(data.places).buffer);
  S.count = places.length / 2;
  S.x = Float32Array.from({ length: S.count }, (_, k) => places[2 * k] / 65535);
  S.y = Float32Array.from({ length: S.count }, (_, k) => places[2 * k + 1] / 65535);
  S.ids = bytes(data.ids);
  S.chosen = [];
  S.cells = Array.from({ length: CELLS * CELLS }, () => []);
  for (let k = 0; k < S.count; k++) S.cells[cell(S.y[k]) * CELLS + cell(S.x[k])].push(k);
}

const cell = value => Math.min(CELLS - 1, Math.floor(value * CELLS));

function colour(S, data) {
  S.drawn = data.colours;
  S.colours = bytes(data.colours);
  S.palette = data.palette;
  S.names = data.names;
  S.pictures = data.pictures;
  S.canvas.setAttribute('aria-label', `Map of ${S.count} pictures, coloured by ${data.by}`);
  S.groups = S.palette.map(() => []);
  for (let k = 0; k < S.count; k++) S.groups[S.colours[k]].push(k);
  const legend = S.root.querySelector('.legend');
  legend.replaceChildren(...S.names.map((name, k) => {
    const item = document.createElement('li'), dot = document.createElement('i');
    dot.style.background = S.palette[k];
    item.append(dot, `${name} (${S.groups[k].length})`);
    return item;
  }).filter((_, k) => S.groups[k].length));
}

function draw(S) {
  const box = S.canvas.getBoundingClientRect(), dense = window.devicePixelRatio || 1;
  if (!box.width || !S.groups) return;
  S.width = box.width; S.height = box.height; S.side = Math.min(box.width, box.height);
  if (S.canvas.width !== Math.round(box.width * dense)) S.canvas.width = Math.round(box.width * dense);
  if (S.canvas.height !== Math.round(box.height * dense)) S.canvas.height = Math.round(box.height * dense);
  const { pen } = S, size = Math.max(2, Math.min(9, 110 / Math.sqrt(S.count) * Math.sqrt(S.view.scale) + 1.5));
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, S.width, S.height);
  const marked = new Set(S.chosen);
  S.groups.forEach((group, number) => {
    pen.fillStyle = S.palette[number];
    for (const k of group) {
      const px = screenX(S, k), py = screenY(S, k);
      if (px < -size || py < -size || px > S.width + size || py > S.height + size) continue;
      pen.globalAlpha = !marked.size || marked.has(k) ? 0.85 : 0.12;
      pen.fillRect(px - size / 2, py - size / 2, size, size);
    }
  });
  pen.globalAlpha = 1;
  if (S.path) {
    pen.beginPath();
    for (const [x, y] of S.path) pen.lineTo(x, y);
    pen.closePath();
    pen.strokeStyle = getComputedStyle(S.root).getPropertyValue('--st-primary-color') || '#0f766e';
    pen.lineWidth = 1.5;
    pen.stroke();
  }
  S.root.querySelector('.said').textContent = S.chosen.length ? `${S.chosen.length.toLocaleString()} chosen` : '';
}

const screenX = (S, k) => (S.view.x + S.x[k] * S.view.scale) * S.width;
const screenY = (S, k) => (S.view.y + S.y[k] * S.view.scale) * S.height;
const place = (S, event) => {
  const box = S.canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
const later = S => { S.asked ??= requestAnimationFrame(() => { S.asked = undefined; draw(S); }); };

function zoom(S, event) {
  event.preventDefault();
  const [px, py] = place(S, event), factor = Math.exp(-event.deltaY / 400);
  const scale = Math.min(60, Math.max(0.5, S.view.scale * factor)), by = scale / S.view.scale;
  S.view = { scale, x: px / S.width - (px / S.width - S.view.x) * by, y: py / S.height - (py / S.height - S.view.y) * by };
  later(S);
}

function down(S, event) {
  S.canvas.setPointerCapture(event.pointerId);
  S.from = place(S, event);
  S.viewThen = S.view;
  if (S.mode === 'lasso') S.path = [S.from];
  S.root.querySelector('figure').hidden = true;
}

function drag(S, event) {
  const [x, y] = place(S, event);
  if (S.mode === 'lasso') S.path.push([x, y]);
  else S.view = { ...S.view, x: S.viewThen.x + (x - S.from[0]) / S.width, y: S.viewThen.y + (y - S.from[1]) / S.height };
  later(S);
}

function up(S) {
  const path = S.path;
  S.from = S.path = null;
  if (path) {
    S.chosen = path.length < 3 ? [] : inside(S, path);   // a click chooses nothing again
    S.tell(S.chosen);
  }
  draw(S);
}

function inside(S, path) {
  const shape = new Path2D();
  for (const [x, y] of path) shape.lineTo(x, y);
  shape.closePath();
  S.pen.setTransform(1, 0, 0, 1, 0, 0);
  const found = [];
  for (let k = 0; k < S.count; k++) {
    if (S.pen.isPointInPath(shape, screenX(S, k), screenY(S, k))) found.push(k);
  }
  return found;
}

function hover(S, event) {
  const figure = S.root.querySelector('figure'), [px, py] = place(S, event), k = nearest(S, px, py);
  figure.hidden = k < 0;
  if (k < 0) return;
  const id = Array.from(S.ids.subarray(32 * k, 32 * k + 32), byte => byte.toString(16).padStart(2, '0')).join('');
  const image = figure.querySelector('img'), src = `${S.pictures}${id}.jpg`;
  if (image.getAttribute('src') !== src) image.setAttribute('src', src);
  figure.querySelector('figcaption').textContent = S.names[S.colours[k]];
  figure.style.left = `${Math.min(px + 14, S.width - 150)}px`;
  figure.style.top = `${Math.min(py + 14, S.height - 170)}px`;
}

function nearest(S, px, py) {
  const x = (px / S.width - S.view.x) / S.view.scale, y = (py / S.height - S.view.y) / S.view.scale;
  const reach = NEAR_PX / S.view.scale / Math.min(S.width, S.height);
  let best = -1, least = NEAR_PX ** 2;
  for (let row = cell(Math.max(0, y - reach)); row <= cell(Math.min(1, Math.max(0, y + reach))); row++) {
    for (let column = cell(Math.max(0, x - reach)); column <= cell(Math.min(1, Math.max(0, x + reach))); column++) {
      for (const k of S.cells[row * CELLS + column]) {
        const d = (screenX(S, k) - px) ** 2 + (screenY(S, k) - py) ** 2;
        if (d < least) [best, least] = [k, d];
      }
    }
  }
  return best;
}
