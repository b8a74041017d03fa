// Bars, pictures and tables of numbers.
function drawBars(S, P, C) {
  const { spec } = P, { ctx, width, height, inks } = C, values = at(S, spec.values, S.step).flat;
  const all = S.trace.arrays[spec.values].flat;
  const low = spec.low ?? Math.min(0, ...all), high = spec.high ?? Math.max(0, ...all) ?? 1;
  const left = Math.max(...spec.labels.map(label => ctx.measureText(label).width), 10) + 14, right = width - 52;
  const X = v => left + (Math.min(Math.max(v, low), high) - low) / (high - low || 1) * (right - left);
  const each = Math.min(height / Math.max(values.length, 1), 34);
  ctx.textBaseline = 'middle';
  values.forEach((value, k) => {
    const middle = each * (k + 0.5), from = Math.min(X(0), X(value));
    ctx.fillStyle = inks.of(value < 0 ? 1 : 0);
    ctx.globalAlpha = 0.85;
    ctx.fillRect(from, middle - each * 0.32, Math.max(Math.abs(X(value) - X(0)), 1), each * 0.64);
    ctx.globalAlpha = 1;
    ctx.fillStyle = inks.text;
    ctx.textAlign = 'right';
    ctx.fillText(spec.labels[k] ?? '', left - 8, middle);
    ctx.textAlign = 'left';
    ctx.fillText(short(value, spec.digits), Math.max(X(value), X(0)) + 6, middle);
  });
}

function drawImages(S, P, C) {
  const { spec } = P, { ctx, width, height, inks } = C, array = at(S, spec.images, S.step);
  const [count, h, w] = array.shape.length === 3 ? array.shape : [1, ...array.shape];
  const columns = spec.columns || Math.max(1, Math.min(count, Math.round(Math.sqrt(count * width / height))));
  const rows = Math.ceil(count / columns), room = spec.labels.length ? 16 : 4;
  const side = Math.min(width / columns - 6, (height / rows - room) * w / h);
  const [low, high] = spread(S.trace.arrays[spec.images].flat);
  for (let k = 0; k < count; k++) {
    const x = (k % columns) * (side + 6), y = Math.floor(k / columns) * (side * h / w + room);
    const one = array.flat.subarray(k * h * w, (k + 1) * h * w);
    const known = spec.known && !k ? S.trace.arrays[spec.known].flat[S.step] : one.length;
    const show = pixels => ctx.drawImage(pictureOf(pixels, w, h, low, high, spec.signed, inks),
      x, y, side, side * h / w);
    ctx.imageSmoothingEnabled = false;
    ctx.globalAlpha = 0.2;
    if (known < one.length) show(one);
    ctx.globalAlpha = 1;
    show(one.subarray(0, known));
    ctx.strokeStyle = inks.grid;
    ctx.strokeRect(x + .5, y + .5, side - 1, side * h / w - 1);
    ctx.fillStyle = inks.faint;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'top';
    if (spec.labels[k]) ctx.fillText(spec.labels[k], x, y + side * h / w + 2);
  }
  if (spec.window) {
    const [row, column, tall, broad] = at(S, spec.window, S.step).flat, unit = side / w;
    ctx.strokeStyle = inks[1];
    ctx.lineWidth = 2.5;
    ctx.strokeRect(column * unit, row * unit, broad * unit, tall * unit);
  }
}

const spread = flat => flat.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

function pictureOf(values, w, h, low, high, signed, inks) {
  const small = document.createElement('canvas');
  small.width = w;
  small.height = h;
  const image = small.getContext('2d').createImageData(w, h), most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const plus = channels(inks[0]), minus = channels(inks[1]);
  values.forEach((v, k) => {
    const grey = 255 * (v - low) / (high - low || 1);
    image.data.set(signed ? [...(v < 0 ? minus : plus), 255 * Math.abs(v) / most] : [grey, grey, grey, 255], 4 * k);
  });
  small.getContext('2d').putImageData(image, 0, 0);
  return small;
}

// A table is real text: it can be read out, copied, and typed into.
function drawMatrix(S, P) {
  const { spec } = P, { shape: [rows, columns], flat } = at(S, spec.values, S.step);
  const size = `${rows} ${columns}`;
  if (P.size !== size) { P.size = size; fillTable(S, P, rows, columns); }
  const lit = name => name ? Math.round(S.trace.arrays[name].flat[S.step]) : -1;
  const row = lit(spec.row), column = lit(spec.column);
  const known = spec.known ? lit(spec.known) : flat.length;
  P.cells.forEach((cell, k) => {
    const inRow = Math.floor(k / columns) === row, inColumn = k % columns === column;
    const text = k < known ? short(flat[k], spec.digits) : '';
    if (cell.matches('input')) { if (!cell.matches(':focus')) cell.value = text.replace('−', '-'); }
    else if (cell.textContent !== text) cell.textContent = text;
    const { classList } = cell.matches('input') ? cell.parentNode : cell;
    classList.toggle('lit', inRow || inColumn);
    classList.toggle('cross', inRow && inColumn);
  });
}

function fillTable(S, P, rows, columns) {
  const { spec } = P, table = element('table');
  P.cells = [];
  table.classList.toggle('even', !spec.rows.length && columns < 5);   // few columns do not jump
  if (spec.columns.length) {
    const head = table.insertRow();
    if (spec.rows.length) head.append(element('th'));
    spec.columns.forEach(name => head.append(element('th', '', name)));
  }
  for (let r = 0; r < rows; r++) {
    const line = table.insertRow();
    if (spec.rows.length) line.append(element('th', '', spec.rows[r] ?? ''));
    for (let c = 0; c < columns; c++) {
      const cell = line.insertCell();
      P.cells.push(spec.edits ? inputIn(S, P, cell, r * (spec.row_length || columns) + c) : cell);
    }
  }
  P.table.replaceChildren(table);
}

function inputIn(S, P, cell, k) {
  const input = element('input');
  input.inputMode = 'decimal';
  input.setAttribute('aria-label', `${P.spec.title}, number ${k + 1}`);
  input.onchange = () => {
    const numbers = [...S.values[P.spec.edits]], value = Number(input.value.replace('−', '-').replace(',', '.'));
    if (Number.isFinite(value) && input.value.trim()) numbers[k] = value;
    input.value = numbers[k];
    change(S, { [P.spec.edits]: numbers }, true);
  };
  cell.append(input);
  return input;
}
