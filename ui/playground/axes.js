// Colours of the theme, sharp canvases, axes.
const INKS = ['text', 'faint', 'grid', 'ground', '0', '1', '2', '3', '4', '5'];

function inksOf(S) {
  const inks = {};
  INKS.forEach((name, k) => { inks[name] = getComputedStyle(S.ink.children[k]).color; });
  inks.font = getComputedStyle(S.root).fontFamily;
  inks.of = number => number in inks ? inks[number] : number < 0 ? inks.faint : inks[number % 6];
  return inks;
}

// A context in CSS pixels, cleared; null while the canvas has no room.
function canvasOf(P, inks) {
  const width = P.canvas.clientWidth, height = P.spec.height_px, scale = devicePixelRatio || 1;
  if (width < 20) return null;
  if (P.canvas.width !== Math.round(width * scale) || P.canvas.height !== Math.round(height * scale)) {
    P.canvas.width = Math.round(width * scale);
    P.canvas.height = Math.round(height * scale);
  }
  const ctx = P.canvas.getContext('2d');
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, width, height);
  ctx.font = `11px ${inks.font}`;
  ctx.lineJoin = ctx.lineCap = 'round';
  return { ctx, width, height, inks };
}

const short = (value, digits = 3) => {
  if (!Number.isFinite(value)) return '—';
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-4)) return value.toExponential(1).replace('-', '−');
  return String(+value.toPrecision(size >= 1 ? Math.max(digits, 3) : digits)).replace('-', '−');
};

function extent(lists) {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (const v of list) if (Number.isFinite(v)) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low > high) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - room, high + room];
}

function ticks([low, high], most) {
  const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(k => k * power).find(s => s >= raw);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-6; k++) found.push(+(k * step).toPrecision(10));
  return found;
}

function logTicks([low, high]) {
  const jump = Math.max(1, Math.ceil((high - low) / 6)), found = [];
  const within = high - low < 0.9 ? [1, 1.5, 2, 3, 4, 6, 8] : high - low < 2.5 ? [1, 2, 5] : [1];
  for (let k = Math.floor(low); k <= high; k += jump) found.push(...within.map(m => k + Math.log10(m)));
  return found.filter(y => y >= low && y <= high);
}

// Axes with a grid; gives the functions from values to pixels. With `log`, y is a logarithm.
function axes(C, spec, xr, yr, log = false) {
  const { ctx, width, height, inks } = C, yTicks = log ? logTicks(yr) : ticks(yr, height / 45);
  const name = y => short(log ? 10 ** y : y);
  const widest = Math.max(...yTicks.map(y => ctx.measureText(name(y)).width), 10);
  const box = { left: widest + (spec.y_label ? 24 : 10), right: width - 8, top: 8,
    bottom: height - (spec.x_label ? 34 : 20) };
  const X = v => box.left + (v - xr[0]) / (xr[1] - xr[0]) * (box.right - box.left);
  const Y = v => box.bottom - (v - yr[0]) / (yr[1] - yr[0]) * (box.bottom - box.top);
  ctx.strokeStyle = inks.grid;
  ctx.fillStyle = inks.faint;
  ctx.lineWidth = 1;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'right';
  for (const y of yTicks) {
    rule(ctx, box.left, Y(y), box.right, Y(y));
    ctx.fillText(name(y), box.left - 6, Y(y));
  }
  ctx.textAlign = 'center';
  for (const x of ticks(xr, (box.right - box.left) / 44)) {
    rule(ctx, X(x), box.top, X(x), box.bottom);
    ctx.fillText(short(x), X(x), box.bottom + 11);
  }
  if (spec.x_label) ctx.fillText(spec.x_label, (box.left + box.right) / 2, height - 8);
  if (spec.y_label) {
    ctx.save();
    ctx.translate(8, (box.top + box.bottom) / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.fillText(spec.y_label, 0, 0);
    ctx.restore();
  }
  return { X, Y, box, xr, yr };
}

function rule(ctx, x0, y0, x1, y1) {
  ctx.beginPath();
  ctx.moveTo(Math.round(x0) + .5, Math.round(y0) + .5);
  ctx.lineTo(Math.round(x1) + .5, Math.round(y1) + .5);
  ctx.stroke();
}

function clipTo(ctx, box, action) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  ctx.clip();
  action();
  ctx.restore();
}

// Far outside is as good as infinite, and a canvas cannot draw that.
const sane = v => Math.max(-1e5, Math.min(1e5, v));

function polyline(ctx, points) {
  ctx.beginPath();
  points.forEach(([x, y], k) => k ? ctx.lineTo(sane(x), sane(y)) : ctx.moveTo(sane(x), sane(y)));
  ctx.stroke();
}

function spot(ctx, x, y, radius, fill, edge) {
  ctx.beginPath();
  ctx.arc(sane(x), sane(y), radius, 0, 7);
  ctx.fillStyle = fill;
  ctx.fill();
  if (edge) { ctx.strokeStyle = edge; ctx.lineWidth = 2; ctx.stroke(); }
}

function paintLegend(P, inks, entries) {
  const key = JSON.stringify([entries, inks.text]);
  if (P.legendKey === key) return;
  P.legendKey = key;
  P.legend.replaceChildren(...entries.filter(e => e.label).map(({ label, colour, look }) => {
    const node = element('span', 'key'), mark = element('i', look);
    mark.style.color = inks.of(colour);
    node.append(mark, label);
    return node;
  }));
}
