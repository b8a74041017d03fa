// From a file to the numbers that the network reads, by the steps of the studio: upright, small,
// coded as JPEG (the working copy), resized as Pillow does it, scaled by mean and std.

const SHORT_SIDE = 320, KEPT_SIDE = 400, LONG_SIDE = 2048, QUALITY = 0.9, MIN_SIDE = 8;
const MOST_BYTES = 20e6, MOST_PIXELS = 50e6;
const BITS = 22; // of Pillow's weights (Resample.c, PRECISION_BITS)

export class Unusable extends Error {}

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

function cubic(x) {
  const a = -0.5, d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

// Pillow's filters by timm's names: how far they reach, and their weights.
const FILTERS = {
  bilinear: { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { reach: 2, weight: cubic },
  lanczos: { reach: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

// For each of `size` places of the result: the first source place, and whole-number weights.
function weights(sourceSize, from, to, size, filter) {
  from = Math.fround(from);
  to = Math.fround(to);
  const scale = Math.fround(to - from) / size, wide = Math.max(1, scale);
  const reach = filter.reach * wide;
  return Array.from({ length: size }, (_, place) => {
    const centre = from + (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(sourceSize, Math.trunc(centre + reach + 0.5));
    const real = Array.from({ length: last - first }, (_, k) =>
      filter.weight((k + first - centre + 0.5) * (1 / wide)));
    const sum = real.reduce((total, w) => total + w, 0);
    return { first, whole: real.map((w) => wholeWeight(sum ? w / sum : w)) };
  });
}

const wholeWeight = (w) => Math.trunc((w < 0 ? -0.5 : 0.5) + w * 2 ** BITS);
const toByte = (sum) => Math.min(255, Math.max(0, Math.floor(sum / 2 ** BITS)));

// One direction: `count` lines, with `step` between the places of a line and `next` between lines.
function along(source, target, plan, lines, from, to) {
  for (let line = 0; line < lines; line++) {
    for (let place = 0; place < plan.length; place++) {
      const { first, whole } = plan[place];
      for (let channel = 0; channel < 3; channel++) {
        let sum = 2 ** (BITS - 1), at = line * from.line + first * from.place + channel;
        for (let k = 0; k < whole.length; k++, at += from.place) sum += source[at] * whole[k];
        target[line * to.line + place * to.place + channel] = toByte(sum);
      }
    }
  }
}

// Like PIL.Image.resize((width, height), filter, box), bit by bit. Pictures are {width, height,
// data}, with data RGB in rows, 8 bits each; box is [left, top, right, bottom].
export function resize(picture, width, height, filterName, box = null) {
  const [left, top, right, bottom] = box ?? [0, 0, picture.width, picture.height];
  const filter = FILTERS[filterName];
  let { data } = picture, w = picture.width;
  if (width !== w || left || right !== width) {
    const plan = weights(w, left, right, width, filter);
    const target = new Uint8Array(3 * width * picture.height);
    along(data, target, plan, picture.height, { line: 3 * w, place: 3 }, { line: 3 * width, place: 3 });
    [data, w] = [target, width];
  }
  if (height !== picture.height || top || bottom !== height) {
    const plan = weights(picture.height, top, bottom, height, filter);
    const target = new Uint8Array(3 * w * height);
    along(data, target, plan, w, { line: 3, place: 3 * w }, { line: 3, place: 3 * w });
    data = target;
  }
  return { width, height, data };
}

// Python's round(): halves go to the even number.
function round(x) {
  const down = Math.floor(x), rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}

// What the network sees: a square, by the way of resizing that the model was trained with.
export function square(picture, how) {
  const size = how.size, all = [0, 0, picture.width, picture.height];
  if (how.resize === "squish") return resize(picture, size, size, how.interpolation, all);
  if (how.resize === "pad") return padded(picture, how);
  return resize(picture, size, size, how.interpolation, centre(picture, how));
}

// [left, top, right, bottom] of what the network sees; a padded one reaches beyond the picture.
export function seenBox(picture, how) {
  const { width, height } = picture, long = Math.max(width, height);
  if (how.resize === "squish") return [0, 0, width, height];
  if (how.resize !== "pad") return centre(picture, how);
  return [(width - long) / 2, (height - long) / 2, (width + long) / 2, (height + long) / 2];
}

function centre({ width, height }, { size, crop_share: share }) {
  const short = Math.floor(size / share);
  const [w, h] = width <= height
    ? [short, Math.trunc((short * height) / width)]
    : [Math.trunc((short * width) / height), short];
  const left = round((w - size) / 2), top = round((h - size) / 2);
  const x = width / w, y = height / h;
  return [left * x, top * y, (left + size) * x, (top + size) * y];
}

function padded(picture, { size, interpolation, mean }) {
  const scale = size / Math.max(picture.width, picture.height);
  const w = Math.max(1, round(picture.width * scale)), h = Math.max(1, round(picture.height * scale));
  const inner = resize(picture, w, h, interpolation);
  const fill = mean.map((m) => round(255 * m));
  const data = Uint8Array.from({ length: 3 * size * size }, (_, k) => fill[k % 3]);
  const left = Math.floor((size - w) / 2), top = Math.floor((size - h) / 2);
  for (let row = 0; row < h; row++) {
    data.set(inner.data.subarray(3 * w * row, 3 * w * (row + 1)), 3 * (size * (top + row) + left));
  }
  return { width: size, height: size, data };
}

// float32 (3, size, size), scaled.
export function normalise({ data }, { size, mean, std }) {
  const pixels = size * size, values = new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * std[channel]), offset = mean[channel] / std[channel];
    for (let k = 0; k < pixels; k++) values[channel * pixels + k] = data[3 * k + channel] * scale - offset;
  }
  return values;
}

// The pixels of the working copy of a file (a Blob).
export async function workingCopy(file) {
  if (file.size > MOST_BYTES) throw new Unusable("This file is larger than 20 MB.");
  const picture = await decode(file);
  const small = shrink(picture);
  if (small === picture && (await isWorkingCopy(file))) return picture;
  return decode(await encode(small));
}

// The same of a frame of a video. It was never a file, so the browser may make it small: 6 ms, not 23.
export async function frameCopy(source, width, height) {
  const scale = Math.min(1, SHORT_SIDE / Math.min(width, height), LONG_SIDE / Math.max(width, height));
  return decode(await encode(pixelsOf(source, round(width * scale), round(height * scale))));
}

export async function decode(file) {
  const options = { imageOrientation: "from-image", colorSpaceConversion: "none" };
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, options);
  } catch {
    throw new Unusable("This browser cannot open the file as a picture.");
  }
  try {
    return pixelsOf(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

// RGB of anything that a canvas can draw, at that size; what is transparent becomes white.
export function pixelsOf(source, width, height) {
  if (Math.min(width, height) < MIN_SIDE) throw new Unusable("This picture is too small.");
  if (width * height > MOST_PIXELS) throw new Unusable("This picture has too many pixels.");
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = "white";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(source, 0, 0, width, height);
  const rgba = pen.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(3 * width * height);
  for (let k = 0, to = 0; k < rgba.length; k += 4) {
    data[to++] = rgba[k];
    data[to++] = rgba[k + 1];
    data[to++] = rgba[k + 2];
  }
  return { width, height, data };
}

function shrink(picture) {
  const { width, height } = picture;
  if (Math.min(width, height) <= KEPT_SIDE && Math.max(width, height) <= LONG_SIDE) return picture;
  const scale = Math.min(1, SHORT_SIDE / Math.min(width, height), LONG_SIDE / Math.max(width, height));
  const w = Math.max(1, round(width * scale)), h = Math.max(1, round(height * scale));
  return resize(picture, w, h, "bicubic");
}

function encode({ width, height, data }) {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let k = 0, from = 0; k < rgba.length; k += 4) {
    rgba[k] = data[from++];
    rgba[k + 1] = data[from++];
    rgba[k + 2] = data[from++];
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

// A JPEG with no header but JFIF's own: the studio takes such a small file as it is.
async function isWorkingCopy(file) {
  const head = new Uint8Array(await file.slice(0, 24).arrayBuffer());
  const jfif = head[0] === 0xff && head[1] === 0xd8 && head[3] === 0xe0 && head[5] === 16;
  const next = head[21]; // the marker after JFIF: tables, or a further header or comment
  return jfif && head[20] === 0xff && next !== 0xfe && (next < 0xe0 || next > 0xef);
}
