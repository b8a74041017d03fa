// Lines, points, histories; and drawing a curve by hand.
function drawLines(S, P, C) {
  const { spec } = P, { ctx, inks } = C;
  const shown = spec.series.map(series => seriesAt(S, series));
  const lift = spec.log_y ? v => v > 0 ? Math.log10(v) : NaN : v => v;
  const xr = spec.x_range ?? extent(shown.map(s => s.x));
  const yr = spec.y_range?.map(lift) ?? extent(shown.map(s => Array.from(s.all, lift)));
  const A = P.axes = axes(C, spec, xr, yr, spec.log_y);
  clipTo(ctx, A.box, () => shown.forEach((s, k) => {
    const points = Array.from(s.y, (y, i) => [A.X(s.x[i % s.x.length]), A.Y(lift(y))]);
    if (s.rows > 1) drawFamily(C, spec.series[k], s.rows, points);
    else drawSeries(S, C, A, spec.series[k], s, points);
  }));
  paintLegend(P, inks, spec.series);
}

function seriesAt(S, series) {
  const whole = S.trace.arrays[series.y], history = moves(series.y) && whole.shape.length === 1;
  const { flat: y, shape } = at(S, series.y, S.step), rows = !history && shape.length > 1 ? shape[0] : 1;
  const x = series.x ? at(S, series.x, S.step).flat : Float32Array.from(y, (_, k) => k);
  return { x, y, rows, all: whole.flat, history, group: series.group && at(S, series.group, S.step).flat };
}

// Several lines over one x: thin, so that each can be followed.
function drawFamily({ ctx, inks }, series, rows, points) {
  const each = points.length / rows;
  ctx.strokeStyle = inks.of(series.colour);
  ctx.lineWidth = 1.5;
  ctx.globalAlpha = 0.65;
  for (let row = 0; row < rows; row++) polyline(ctx, points.slice(row * each, (row + 1) * each));
  ctx.globalAlpha = 1;
}

function drawSeries(S, C, A, series, s, points) {
  const { ctx, inks } = C, colour = inks.of(series.colour);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2.5;
  if (series.look === 'dots') {
    points.forEach(([x, y], k) => {
      ctx.globalAlpha = 0.75;
      spot(ctx, x, y, 3, s.group ? inks.of(s.group[k]) : colour);
    });
    ctx.globalAlpha = 1;
  } else if (s.history) {
    drawHistory(S, C, points, colour);
  } else if (series.look === 'stems') {
    points.forEach(([x, y]) => polyline(ctx, [[x, A.Y(0)], [x, y]]));
  } else {
    if (series.look === 'dashed') { ctx.setLineDash([6, 5]); ctx.lineWidth = 2; }
    polyline(ctx, points);
    ctx.setLineDash([]);
    if (series.look === 'area') fillBelow(ctx, points, A.box.bottom, colour);
  }
}

// A history: what is to come faintly, what has been strongly, and a dot for now.
function drawHistory(S, { ctx, inks }, points, colour) {
  const finite = points.filter(p => Number.isFinite(p[1]));
  ctx.globalAlpha = 0.3;
  polyline(ctx, finite);
  ctx.globalAlpha = 1;
  polyline(ctx, points.slice(0, S.step + 1).filter(p => Number.isFinite(p[1])));
  const now = points[Math.min(S.step, points.length - 1)];
  if (now && Number.isFinite(now[1])) spot(ctx, now[0], now[1], 5, colour, inks.ground);
}

function fillBelow(ctx, points, floor, colour) {
  if (!points.length) return;
  ctx.beginPath();
  ctx.moveTo(points[0][0], floor);
  points.forEach(([x, y]) => ctx.lineTo(sane(x), sane(y)));
  ctx.lineTo(points[points.length - 1][0], floor);
  ctx.globalAlpha = 0.18;
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.globalAlpha = 1;
}

// A pointer that sets a `Numbers` parameter: draws a curve, moves a point, or adds one.
function listenToEditing(S, P) {
  const { canvas, spec } = P;
  const parameter = () => S.data.parameters.find(p => p.name === spec.edits);
  const place = event => {
    const { box, xr, yr } = P.axes, area = canvas.getBoundingClientRect();
    const share = (v, low, high) => Math.min(Math.max((v - low) / (high - low), 0), 1);
    const right = share(event.clientX - area.left, box.left, box.right);
    const up = share(event.clientY - area.top, box.bottom, box.top);
    return [xr[0] + right * (xr[1] - xr[0]), yr[0] + up * (yr[1] - yr[0]), right];
  };
  const also = () => parameter().sets ? Object.fromEntries([parameter().sets]) : {};
  let last = null;
  const drawTo = event => {
    const numbers = [...S.values[spec.edits]], [, y, share] = place(event);
    const k = Math.round(share * (numbers.length - 1)), from = last ?? [k, y];
    const span = Math.abs(k - from[0]) || 1;
    for (let j = 0; j <= span; j++) {
      numbers[Math.round(from[0] + (k - from[0]) * j / span)] = rounded(from[1] + (y - from[1]) * j / span);
    }
    last = [k, y];
    change(S, { [spec.edits]: numbers, ...also() }, false);
  };
  const set = (event, settled) => {
    const [x, y] = place(event).map(rounded), { columns, most } = parameter();
    if (columns < 3) return change(S, { [spec.edits]: [x, y], ...also() }, settled);
    const rows = [...S.values[spec.edits], x, y, event.shiftKey || event.button === 2 ? 1 : 0];
    return change(S, { [spec.edits]: rows.slice(-most + most % columns), ...also() }, settled);
  };
  canvas.classList.add('editable');
  canvas.oncontextmenu = event => event.preventDefault();
  canvas.onpointerdown = event => {
    canvas.setPointerCapture(event.pointerId);
    last = null;
    P.editing = true;
    if (spec.kind === 'Lines') drawTo(event);
    else set(event, parameter().columns === 3);
  };
  canvas.onpointermove = event => {
    if (!P.editing) return;
    if (spec.kind === 'Lines') drawTo(event);
    else if (parameter().columns < 3) set(event, false);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (P.editing) change(S, {}, true);
    P.editing = false;
  };
}
