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

  const draw = whenChanged(["moment", "split", "threshold", "size", "dark", "unit"], (view) => {
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
    picture.outline(pen, box, lines, palette.variable("--ink"), view.unit ? 1.2 : 2);
    drawAxes(pen, box, palette, ...scene.inputs);
  });

  return { draw, box: () => box };
}
