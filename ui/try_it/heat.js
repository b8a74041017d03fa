// The heat map over the picture, as core/images/overlay.py draws it.
const HOTTEST_COVER = 0.65;   // how much of the picture the hottest place may cover, 0..1
const COLOURS = [[68, 1, 84], [33, 145, 140], [253, 231, 37]];   // viridis, coarsely

// heat: {data, dims: [1, classes, rows, columns]}; k: the class.
function heatPixels(heat, k) {
  const [, , rows, columns] = heat.dims, size = rows * columns;
  const speaks = Array.from(heat.data.subarray(k * size, (k + 1) * size), value => Math.max(0, value));
  const most = Math.max(1e-6, ...speaks), pixels = new ImageData(columns, rows);
  speaks.forEach((value, at) => {
    const share = value / most, place = Math.min(1, Math.floor(2 * share)), part = 2 * share - place;
    const [cold, warm] = [COLOURS[place], COLOURS[place + 1]];
    for (let c = 0; c < 3; c++) pixels.data[4 * at + c] = cold[c] + part * (warm[c] - cold[c]);
    pixels.data[4 * at + 3] = 255 * HOTTEST_COVER * share;
  });
  return pixels;
}

// box: what the network sees, in pixels of a picture of that width and height.
function drawHeat(canvas, pixels, box, { width, height }) {
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext('2d').putImageData(pixels, 0, 0);
  const [left, top, right, bottom] = box;
  canvas.style.left = `${100 * left / width}%`;
  canvas.style.top = `${100 * top / height}%`;
  canvas.style.width = `${100 * (right - left) / width}%`;
  canvas.style.height = `${100 * (bottom - top) / height}%`;
}
