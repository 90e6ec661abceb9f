// Pictures as pixels: one plane of bytes for each channel, grey or red, green and blue.

export function paint(canvas, planes, side, channels) {
  canvas.width = canvas.height = side;
  canvas.getContext("2d").putImageData(imageOf(planes, side, channels), 0, 0);
}

export function imageOf(planes, side, channels) {
  const image = new ImageData(side, side);
  const size = side * side;
  for (let at = 0; at < size; at++) {
    for (let i = 0; i < 3; i++) image.data[4 * at + i] = planes[Math.min(i, channels - 1) * size + at];
    image.data[4 * at + 3] = 255;
  }
  return image;
}

// The grey levels of a square canvas as bytes in base 64: the mean of each block of pixels, `side` blocks a side.
export function greys(pen, across, side) {
  const { data } = pen.getImageData(0, 0, across, across);
  const block = across / side;
  const sums = new Float64Array(side * side);
  for (let y = 0, at = 0; y < across; y++) {
    const row = Math.floor(y / block) * side;
    for (let x = 0; x < across; x++, at += 4) sums[row + Math.floor(x / block)] += data[at];
  }
  const means = Uint8Array.from(sums, (sum) => Math.round(sum / (block * block)));
  return btoa(String.fromCharCode(...means));
}
