// A value over one input: rows, and the network's prediction as a line.

import { createBox, drawAxes } from "./axes.js";
import { find, prepared, whenChanged } from "./dom.js";
import { createMarkers, drawnRows, radiusFor } from "./points.js";

const ACROSS = 200; // points along the line

export function createFit(scene, model, palette) {
  const [left, right] = scene.extent;
  const points = Float64Array.from({ length: ACROSS }, (_, i) => left + ((right - left) * i) / (ACROSS - 1));
  const mark = createMarkers(scene.look, palette);
  const up = { name: scene.target.name, mean: 0, scale: 1 };
  const canvas = find("plot");
  let box = null;

  const draw = whenChanged(["moment", "split", "size", "dark"], (view) => {
    const { pen, width, height } = prepared(canvas, view.size);
    box = createBox(width, height, scene.extent);
    const { values } = model.ask(view.moment, points, view);
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top, box.width, box.height);
    pen.fillStyle = palette.variable("--paper");
    pen.fill();
    pen.clip();
    const { x, y } = model.splits[view.split];
    for (const row of drawnRows(y.length, scene.look.most_points)) {
      mark(pen, 0, box.x(x[row]), box.y(y[row]), radiusFor(y.length));
    }
    pen.beginPath();
    points.forEach((at, i) => pen.lineTo(box.x(at), box.y(values[i])));
    pen.strokeStyle = scene.look.classes[1];
    pen.lineWidth = 3;
    pen.stroke();
    pen.restore();
    drawAxes(pen, box, palette, scene.inputs[0], up);
  });

  return { draw, box: () => box };
}
