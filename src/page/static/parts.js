// The parts that show a training, finished or live; each is a function of the current view.

import { createBoundary } from "./boundary.js";
import { createConfusion } from "./confusion.js";
import { createCurves } from "./curves.js";
import { createDiagram } from "./diagram.js";
import { createFit } from "./fit.js";
import { createLegend } from "./legend.js";
import { createModel } from "./model.js";
import { createPalette } from "./palette.js";
import { createProbe } from "./probe.js";
import { createStatus } from "./status.js";
import { createTable } from "./table.js";
import { createThreshold } from "./threshold.js";

export function createParts(scene, moments, player, change, more = () => []) {
  const model = createModel(scene);
  const palette = createPalette(scene.look);
  const plot = (scene.answer === "regression" ? createFit : createBoundary)(scene, model, palette);
  if (scene.answer !== "regression") createLegend(scene, change);
  return [
    createStatus(scene, model),
    plot.draw,
    createProbe(scene, model, palette, plot, change),
    createDiagram(scene, model, palette, moments, change),
    createCurves(scene, palette, moments, player),
    createTable(scene, model, change),
    ...(scene.answer === "regression" ? [] : [createConfusion(scene, model, change)]),
    ...(scene.answer === "binary" ? [createThreshold(scene, model, change)] : []),
    ...more(model, plot, palette),
  ];
}
