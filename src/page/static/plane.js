// The plane of two inputs: the points at which the network is evaluated, and its predictions painted over the plane.

import { traceLevel } from "./contour.js";

// Points [side * side * 2] over an extent [left, right, bottom, top], row by row from the bottom.
export function planePoints([left, right, bottom, top], side) {
  const points = new Float64Array(2 * side * side);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = 2 * (row * side + column);
      points[at] = left + ((right - left) * column) / (side - 1);
      points[at + 1] = bottom + ((top - bottom) * row) / (side - 1);
    }
  }
  return points;
}

// A picture of side by side pixels that `paint` fills, row by row from the bottom.
export function createPicture(side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(side, side);
  const upright = new Uint8ClampedArray(image.data.length);

  function show(target, box, paint) {
    paint(upright);
    for (let row = 0; row < side; row++) {
      image.data.set(upright.subarray(4 * side * row, 4 * side * (row + 1)), 4 * side * (side - 1 - row));
    }
    pen.putImageData(image, 0, 0);
    target.imageSmoothingEnabled = true;
    target.imageSmoothingQuality = "high";
    const half = box.width / (side - 1) / 2; // a point is the middle of its pixel, so the outermost pixels reach beyond
    const tall = box.height / (side - 1) / 2;
    target.save();
    target.beginPath();
    target.rect(box.left, box.top, box.width, box.height);
    target.clip();
    target.drawImage(canvas, box.left - half, box.top - tall, box.width + 2 * half, box.height + 2 * tall);
    target.restore();
  }

  function outline(target, box, surfaces, colour, width) {
    const place = (column, row) => [
      box.left + (box.width * column) / (side - 1),
      box.top + box.height * (1 - row / (side - 1)),
    ];
    target.beginPath();
    for (const { values, level } of surfaces) traceLevel(target, values, side, level, place);
    target.strokeStyle = colour;
    target.lineWidth = width;
    target.lineCap = "round";
    target.stroke();
  }

  return { show, outline };
}
