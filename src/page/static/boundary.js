// The plane of two inputs: the probability of each class as colour, the line where the decision changes, and rows.

import { createBox, drawAxes } from "./axes.js";
import { margins } from "./contour.js";
import { find, prepared, whenChanged } from "./dom.js";
import { createPicture, planePoints } from "./plane.js";
import { createLayer, createMarkers, drawnRows, radiusFor } from "./points.js";
import { scaled } from "./units.js";

export const SIDE = 100; // points along a side

export function createBoundary(scene, model, palette) {
  const points = planePoints(scene.extent, SIDE);
  const picture = createPicture(SIDE);
  const mark = createMarkers(scene.look, palette);
  const num = scene.classes.length;
  const canvas = find("plot");
  let box = null;
  const putPoints = createLayer((pen, split) => {
    const { x, y } = model.splits[split];
    for (const row of drawnRows(y.length, scene.look.most_points)) {
      mark(pen, y[row], box.x(x[2 * row]), box.y(x[2 * row + 1]), radiusFor(y.length));
    }
  });

  // Rows that were added by hand, all of which are drawn.
  function putOwn(pen) {
    for (const [, x, y, label] of scene.own ?? []) mark(pen, label, box.x(x), box.y(y), radiusFor(0) * 0.8);
  }

  // Rings around all mistakes, or around all rows of one cell of the confusion matrix.
  function putRings(pen, view) {
    if (!view.rings && view.cell === null) return;
    const { x, y } = model.splits[view.split];
    const { predicted } = model.judged(view.moment, view.split, view);
    const radius = radiusFor(y.length);
    const asked = (row) => (view.cell === null ? y[row] !== predicted[row] : y[row] * num + predicted[row] === view.cell);
    const rows = (view.cell === null ? drawnRows(y.length, scene.look.most_points) : Array.from(y.keys())).filter(asked);
    pen.strokeStyle = palette.variable("--ink");
    pen.lineWidth = 1.6;
    for (const row of rows.slice(0, scene.look.most_points)) {
      const [across, down] = [box.x(x[2 * row]), box.y(x[2 * row + 1])];
      if (view.cell !== null) mark(pen, y[row], across, down, radius);
      pen.beginPath();
      pen.arc(across, down, radius + 2.6, 0, 7);
      pen.stroke();
    }
  }

  const draw = whenChanged(["moment", "split", "threshold", "size", "dark", "unit", "rings", "cell", "ghost"], (view) => {
    const { pen, width, height } = prepared(canvas, view.size);
    box = createBox(width, height, scene.extent);
    const kept = view.unit && model.network.hidden.map((_, layer) => (layer === view.unit.layer ? [view.unit.unit] : []));
    const { probabilities, said } = model.ask(view.moment, points, view, kept);
    const lines = margins(probabilities, num, view.threshold ?? 0.5);
    if (view.unit) {
      const values = scaled(said[view.unit.layer][0], view.unit.scale);
      picture.show(pen, box, (pixels) => palette.speak(values, pixels));
    } else {
      picture.show(pen, box, (pixels) => palette.shade(probabilities, num, pixels));
    }
    putPoints(pen, view);
    if (view.split === "train") putOwn(pen);
    putRings(pen, view);
    if (view.ghost) {
      picture.outline(pen, box, view.ghost.margins(points, view.moment, view.threshold), palette.variable("--muted"), 2);
    }
    picture.outline(pen, box, lines, palette.variable("--ink"), view.unit ? 1.2 : 2);
    drawAxes(pen, box, palette, ...scene.inputs);
  });

  return { draw, box: () => box };
}
