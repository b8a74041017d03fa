// A net: columns of units and lines as thick as their weights, one colour for each sign.
function drawNet(S, P, C) {
  const { ctx, width, height, inks } = C, sizes = P.spec.weights.map(name => at(S, name, S.step).shape);
  const layers = P.spec.layers.length ? P.spec.layers : [sizes[0][1], ...sizes.map(([to]) => to)];
  const spec = { ...P.spec, layers };
  const side = Math.max(...spec.labels.map(label => ctx.measureText(label).width), 0) + 18;
  const place = (layer, unit) => [side + (width - 2 * side) * layer / Math.max(spec.layers.length - 1, 1),
    height * (unit + 0.5) / spec.layers[layer]];
  const radius = Math.max(3, Math.min(11, height / Math.max(...spec.layers) / 2 - 2));
  spec.weights.forEach((name, layer) => {
    const { shape: [to, from], flat } = at(S, name, S.step);
    const most = flat.reduce((high, w) => Math.max(high, Math.abs(w)), 1e-9);
    for (let o = 0; o < to; o++) for (let i = 0; i < from; i++) {
      const w = flat[o * from + i];
      ctx.strokeStyle = inks.of(w < 0 ? 1 : 0);
      ctx.globalAlpha = 0.1 + 0.8 * Math.abs(w) / most;
      ctx.lineWidth = 0.4 + 3.6 * Math.abs(w) / most;
      polyline(ctx, [place(layer, i), place(layer + 1, o)]);
    }
  });
  ctx.globalAlpha = 1;
  spec.layers.forEach((units, layer) => {
    const name = spec.activations[layer], values = name && at(S, name, S.step).flat;
    const most = values ? values.reduce((high, v) => Math.max(high, Math.abs(v)), 1e-9) : 1;
    for (let unit = 0; unit < units; unit++) {
      const [x, y] = place(layer, unit);
      spot(ctx, x, y, radius, inks.ground, inks.text);
      if (values) {
        ctx.globalAlpha = Math.abs(values[unit]) / most;
        spot(ctx, x, y, radius - 1, inks.of(values[unit] < 0 ? 1 : 0));
        ctx.globalAlpha = 1;
      }
    }
  });
  nameUnits(C, spec, place, radius);
}

function nameUnits({ ctx, inks }, spec, place, radius) {
  const last = spec.layers.length - 1;
  ctx.fillStyle = inks.text;
  ctx.textBaseline = 'middle';
  spec.labels.forEach((label, k) => {
    const first = k < spec.layers[0];
    const [x, y] = first ? place(0, k) : place(last, k - spec.layers[0]);
    ctx.textAlign = first ? 'right' : 'left';
    ctx.fillText(label, x + (first ? -1 : 1) * (radius + 6), y);
  });
}
