// A surface over two numbers: from above, and as a landscape.
const LEVELS = 9;

function surfaceOf(S, spec) {
  const { shape: [rows, cols], flat } = at(S, spec.surface, S.step);
  const lift = spec.log ? v => Math.log10(Math.max(v, 1e-12)) : v => v;
  const z = Float32Array.from(flat, lift), x = S.trace.arrays[spec.x].flat, y = S.trace.arrays[spec.y].flat;
  let low = Infinity, high = -Infinity;
  for (const v of z) { if (v < low) low = v; if (v > high) high = v; }
  return { rows, cols, z, x, y, low, high: high > low ? high : low + 1 };
}

function drawContour(S, P, C) {
  const { spec } = P, { ctx, inks } = C, F = surfaceOf(S, spec.look === 'sides' ? { ...spec, log: false } : spec);
  const xr = [F.x[0], F.x[F.cols - 1]], yr = [F.y[0], F.y[F.rows - 1]];
  const A = P.axes = axes(C, spec, xr, yr);
  clipTo(ctx, A.box, () => {
    heat(C, A, F, spec.look);
    ctx.strokeStyle = inks.text;
    ctx.lineWidth = spec.look === 'sides' ? 2 : 1;
    ctx.globalAlpha = spec.look === 'sides' ? 0.8 : 0.22;
    const levels = spec.look === 'sides' ? [0]
      : Array.from({ length: LEVELS }, (_, k) => F.low + (k + 1) / (LEVELS + 1) * (F.high - F.low));
    levels.forEach(level => contourLine(ctx, A, F, level));
    ctx.globalAlpha = 1;
    if (spec.dots) drawDots(S, C, A, spec.dots);
    spec.paths.forEach(path => drawPath(S, C, path, (x, y) => [A.X(x), A.Y(y)]));
  });
  paintLegend(P, inks, spec.paths.map(path => ({ ...path, colour: path.colour || 'text' })));
}

// Low is plain, high is strong; or two colours, one for each side of 0.
function heat({ ctx, inks }, A, F, look) {
  const small = document.createElement('canvas');
  small.width = F.cols;
  small.height = F.rows;
  const image = small.getContext('2d').createImageData(F.cols, F.rows);
  const plus = channels(inks[0]), minus = channels(inks[1]), most = Math.max(Math.abs(F.low), Math.abs(F.high)) || 1;
  for (let k = 0; k < F.z.length; k++) {
    const row = F.rows - 1 - Math.floor(k / F.cols), to = 4 * (row * F.cols + k % F.cols), v = F.z[k];
    const ink = look === 'sides' && v < 0 ? minus : plus;
    const share = look === 'sides' ? Math.min(Math.abs(v) / most, 1) ** 0.5 * 0.55 : (v - F.low) / (F.high - F.low) * 0.6;
    image.data.set([...ink, 255 * share], to);
  }
  small.getContext('2d').putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = true;
  const { left, right, top, bottom } = A.box, w = (right - left) / (F.cols - 1), h = (bottom - top) / (F.rows - 1);
  ctx.drawImage(small, left - w / 2, top - h / 2, right - left + w, bottom - top + h);
}

// Any CSS colour as three numbers of 0..255.
const known = new Map();
function channels(colour) {
  if (!known.has(colour)) {
    const one = document.createElement('canvas').getContext('2d');
    one.fillStyle = colour;
    one.fillRect(0, 0, 1, 1);
    known.set(colour, [...one.getImageData(0, 0, 1, 1).data.slice(0, 3)]);
  }
  return known.get(colour);
}

// Marching squares: in each cell the level crosses two edges, or four.
function contourLine(ctx, A, F, level) {
  ctx.beginPath();
  for (let r = 0; r + 1 < F.rows; r++) for (let c = 0; c + 1 < F.cols; c++) {
    const corner = [[r, c], [r, c + 1], [r + 1, c + 1], [r + 1, c]], hits = [];
    for (let e = 0; e < 4; e++) {
      const [r0, c0] = corner[e], [r1, c1] = corner[(e + 1) % 4];
      const a = F.z[r0 * F.cols + c0] - level, b = F.z[r1 * F.cols + c1] - level;
      if (a < 0 === b < 0) continue;
      const t = a / (a - b);
      hits.push([A.X(F.x[c0] + t * (F.x[c1] - F.x[c0])), A.Y(F.y[r0] + t * (F.y[r1] - F.y[r0]))]);
    }
    for (let k = 0; k + 1 < hits.length; k += 2) { ctx.moveTo(...hits[k]); ctx.lineTo(...hits[k + 1]); }
  }
  ctx.stroke();
}

function drawDots(S, { ctx, inks }, A, [x, y, group]) {
  const xs = at(S, x, S.step).flat, ys = at(S, y, S.step).flat, groups = at(S, group, S.step).flat;
  xs.forEach((v, k) => spot(ctx, A.X(v), A.Y(ys[k]), 4, inks.of(groups[k] ? 0 : 1), inks.ground));
}

function drawPath(S, { ctx, inks }, path, project) {
  const { shape: [steps], flat } = S.trace.arrays[path.points], colour = path.colour ? inks.of(path.colour) : inks.text;
  const points = Array.from({ length: steps }, (_, k) => project(flat[2 * k], flat[2 * k + 1]));
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.globalAlpha = 0.25;
  polyline(ctx, points);
  ctx.globalAlpha = 1;
  const been = points.slice(0, S.step + 1);
  polyline(ctx, been);
  if (been.length <= 60) been.forEach(([x, y]) => spot(ctx, x, y, 2, colour));
  const now = been[been.length - 1];
  if (now) spot(ctx, now[0], now[1], 5.5, colour, inks.ground);
}

function drawSurface3d(S, P, C) {
  const { spec } = P, { ctx, inks, width, height } = C, F = surfaceOf(S, spec);
  const view = projection(S.turn, width, height);
  const sx = v => (v - F.x[0]) / (F.x[F.cols - 1] - F.x[0]) * 2 - 1;
  const sy = v => (v - F.y[0]) / (F.y[F.rows - 1] - F.y[0]) * 2 - 1;
  const sz = v => (Math.min(v, F.high) - F.low) / (F.high - F.low) * 1.1 - 0.5;
  const corner = (r, c) => view(sx(F.x[c]), sy(F.y[r]), sz(F.z[r * F.cols + c]));
  const cells = [];
  for (let r = 0; r + 1 < F.rows; r++) for (let c = 0; c + 1 < F.cols; c++) {
    const four = [corner(r, c), corner(r, c + 1), corner(r + 1, c + 1), corner(r + 1, c)];
    cells.push([four.reduce((sum, p) => sum + p[2], 0), four, (F.z[r * F.cols + c] - F.low) / (F.high - F.low)]);
  }
  cells.sort((a, b) => a[0] - b[0]).forEach(([, four, share]) => cell(ctx, inks, four, share));
  axisNames(C, spec, view);
  spec.paths.forEach(path => drawPath(S, C, path, (x, y) => {
    const inX = Math.max(F.x[0], Math.min(F.x[F.cols - 1], x)), inY = Math.max(F.y[0], Math.min(F.y[F.rows - 1], y));
    return view(sx(inX), sy(inY), sz(heightAt(F, inX, inY))).slice(0, 2);
  }));
  paintLegend(P, inks, [{ label: 'Drag to turn it', colour: -1, look: 'none' }]);
}

function cell(ctx, inks, four, share) {
  ctx.beginPath();
  four.forEach(([x, y], k) => k ? ctx.lineTo(x, y) : ctx.moveTo(x, y));
  ctx.closePath();
  ctx.fillStyle = inks.ground;
  ctx.fill();
  ctx.fillStyle = ctx.strokeStyle = inks[0];
  ctx.globalAlpha = 0.12 + 0.6 * share;
  ctx.fill();
  ctx.globalAlpha = 0.35;
  ctx.lineWidth = 0.5;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function axisNames({ ctx, inks }, spec, view) {
  ctx.fillStyle = inks.faint;
  ctx.textAlign = 'center';
  for (const [text, x, y] of [[spec.x_label, 0, -1.3], [spec.y_label, 1.3, 0]]) {
    const [px, py] = view(x, y, -0.5);
    ctx.fillText(text, px, py);
  }
}

function projection([yaw, pitch], width, height) {
  const size = Math.min(width * 0.36, height * 0.44);
  return (x, y, z) => {
    const rx = x * Math.cos(yaw) - y * Math.sin(yaw), ry = x * Math.sin(yaw) + y * Math.cos(yaw);
    return [width / 2 + size * rx, height * 0.54 - size * (ry * Math.sin(pitch) + z * Math.cos(pitch)),
      -ry * Math.cos(pitch) + z * Math.sin(pitch)];
  };
}

// Between the grid's corners, weighted by nearness.
function heightAt(F, x, y) {
  const place = (v, all, n) => Math.min(Math.max((v - all[0]) / (all[n - 1] - all[0]) * (n - 1), 0), n - 1.001);
  const c = place(x, F.x, F.cols), r = place(y, F.y, F.rows), c0 = Math.floor(c), r0 = Math.floor(r);
  const z = (i, j) => F.z[i * F.cols + j], u = c - c0, v = r - r0;
  return (z(r0, c0) * (1 - u) + z(r0, c0 + 1) * u) * (1 - v) + (z(r0 + 1, c0) * (1 - u) + z(r0 + 1, c0 + 1) * u) * v;
}

function listenToTurning(S, P) {
  let from = null;
  P.canvas.classList.add('turnable');
  P.canvas.onpointerdown = event => {
    P.canvas.setPointerCapture(event.pointerId);
    from = [event.clientX, event.clientY, ...S.turn];
  };
  P.canvas.onpointermove = event => {
    if (!from) return;
    S.turn = [from[2] + (event.clientX - from[0]) / 120,
      Math.min(Math.max(from[3] + (event.clientY - from[1]) / 150, 0.15), 1.5)];
    draw(S);
  };
  P.canvas.onpointerup = P.canvas.onpointercancel = () => { from = null; };
}
