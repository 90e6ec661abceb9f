// The frame of a plot: its position on the canvas, and its axes in the data's own units.

import { ticks } from "./numbers.js";

// The font of the axes grows with that of the page.
export function small(weight = 400) {
  const { fontSize, fontFamily } = getComputedStyle(document.documentElement);
  return `${weight} ${0.78 * parseFloat(fontSize)}px ${fontFamily}`;
}

const ROOM = { left: 46, right: 10, top: 10, bottom: 38 };

// The box of a plot on a canvas, with conversions between values and positions; `extent` is [left, right, bottom, top].
export function createBox(width, height, extent, room = ROOM) {
  const em = parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
  const [left, right, bottom, top] = extent;
  const box = {
    left: room.left * em,
    top: room.top * em,
    width: Math.max(10, width - (room.left + room.right) * em),
    height: Math.max(10, height - (room.top + room.bottom) * em),
    em,
  };
  return {
    ...box,
    extent,
    x: (value) => box.left + (box.width * (value - left)) / (right - left),
    y: (value) => box.top + box.height * (1 - (value - bottom) / (top - bottom)),
    valueX: (place) => left + ((right - left) * (place - box.left)) / box.width,
    valueY: (place) => bottom + (top - bottom) * (1 - (place - box.top) / box.height),
  };
}

// Ticks and names; an axis is { name, mean, scale }, and a number that the network sees is scale * number + mean there.
export function drawAxes(pen, box, palette, across, up) {
  const [left, right, bottom, top] = box.extent;
  const units = ({ mean, scale }, low, high, wanted) =>
    ticks(low * scale + mean, high * scale + mean, wanted).map(({ value, text }) => ({ at: (value - mean) / scale, text }));
  pen.font = small();
  pen.fillStyle = palette.variable("--muted");
  pen.strokeStyle = palette.variable("--line");
  pen.lineWidth = 1;
  const foot = box.top + box.height;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const { at, text } of units(across, left, right, box.width / 80)) {
    stroke(pen, box.x(at), foot, box.x(at), foot + 4);
    pen.fillText(text, box.x(at), foot + 6);
  }
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const { at, text } of units(up, bottom, top, box.height / 60)) {
    stroke(pen, box.left - 4, box.y(at), box.left, box.y(at));
    pen.fillText(text, box.left - 7, box.y(at));
  }
  pen.fillStyle = palette.variable("--ink");
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  pen.fillText(across.name, box.left + box.width / 2, foot + 37 * box.em, box.width);
  pen.save();
  pen.translate(13 * box.em, box.top + box.height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(up.name, 0, 0, box.height);
  pen.restore();
}

function stroke(pen, fromX, fromY, toX, toY) {
  pen.beginPath();
  pen.moveTo(fromX, fromY);
  pen.lineTo(toX, toY);
  pen.stroke();
}
