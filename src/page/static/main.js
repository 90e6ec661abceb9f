// The page: what it shows comes from a file, or later over a socket; how, from the parts that this one puts together.

import { createBoundary } from "./boundary.js";
import { createConfusion } from "./confusion.js";
import { createControls } from "./controls.js";
import { createCurves } from "./curves.js";
import { createDiagram } from "./diagram.js";
import { find } from "./dom.js";
import { createFit } from "./fit.js";
import { createHints } from "./hints.js";
import { createLegend } from "./legend.js";
import { createModel } from "./model.js";
import { whole } from "./numbers.js";
import { createPalette, isDark } from "./palette.js";
import { createPlayer } from "./player.js";
import { createProbe } from "./probe.js";
import { createStatus } from "./status.js";
import { createTable } from "./table.js";
import { fillTexts, text } from "./texts.js";
import { createThreshold } from "./threshold.js";

start(JSON.parse(find("data").textContent));

function start(scene) {
  fillTexts(document);
  dress(scene);
  const moments = withKept(scene);
  const model = createModel(scene);
  const palette = createPalette(scene.look);
  const splits = Object.keys(scene.splits);
  let state = { place: 0, playing: false, chosen: splits.includes("val") ? "val" : "train", moved: null, probe: null, unit: null, size: 0 };
  let waiting = false;

  function change(news) {
    state = { ...state, ...(typeof news === "function" ? news(state) : news) };
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
    });
  }

  const player = createPlayer(moments, change);
  const plot = (scene.answer === "regression" ? createFit : createBoundary)(scene, model, palette);
  const parts = [
    createControls(player, moments),
    createStatus(scene, model),
    plot.draw,
    createProbe(scene, model, palette, plot, change),
    createDiagram(scene, model, palette, moments, change),
    createCurves(scene, palette, moments, player),
    createTable(scene, model, change),
    ...(scene.answer === "regression" ? [] : [createConfusion(scene, model)]),
    ...(scene.answer === "binary" ? [createThreshold(scene, model, change)] : []),
  ];
  if (scene.answer !== "regression") createLegend(scene);
  createHints();

  let shown = 0;
  function show() {
    const moment = moments[state.place];
    const known = moment.kept ? scene.kept : { threshold: scene.threshold, temperature: 1 };
    const view = {
      ...state,
      scene,
      moment,
      split: state.chosen === "test" && !moment.kept ? splits[0] : state.chosen,
      threshold: state.moved ?? known.threshold,
      temperature: known.temperature,
      dark: isDark(),
    };
    for (const update of parts) update(view);
    document.body.dataset.shown = ++shown;
  }

  const watcher = new ResizeObserver(() => change(({ size }) => ({ size: size + 1 })));
  for (const id of ["plot", "diagram", "curves"]) watcher.observe(find(id));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => change({}));
  change({});
}

// The moments of a training and, where its best epoch is not its last one, the weights that it keeps once more.
function withKept({ frames, best_epoch: best }) {
  const kept = frames.find((frame) => frame.epoch === best);
  const ends = kept === frames[frames.length - 1];
  return ends ? [...frames.slice(0, -1), { ...kept, kept: true }] : [...frames, { ...kept, kept: true }];
}

function dress(scene) {
  document.title = text("title", { title: scene.title });
  find("title").textContent = scene.title;
  const facts = { run: scene.run, parameters: whole(scene.parameters), epochs: whole(scene.epochs) };
  find("facts").textContent = text("facts", facts);
  const kept = { shown: scene.frames.length, epochs: whole(scene.epochs + 1), most: scene.most_epochs };
  const some = scene.frames.length < Math.min(scene.most_epochs, scene.epochs + 1);
  find("kept").textContent = text(scene.frames.length > scene.epochs ? "kept.all" : some ? "kept.fewer" : "kept.some", kept);
  find("repeated").hidden = !scene.repeated;
  const root = document.documentElement;
  root.dataset.answer = scene.answer;
  for (const name of ["positive", "negative"]) root.style.setProperty(`--${name}`, scene.look[name]);
  root.style.setProperty("--figure-ink", scene.look.ink);
}
