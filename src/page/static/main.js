// A finished training, read from this page's own file.

import { createControls } from "./controls.js";
import { find } from "./dom.js";
import { dress } from "./dress.js";
import { createHints } from "./hints.js";
import { whole } from "./numbers.js";
import { isDark } from "./palette.js";
import { createParts } from "./parts.js";
import { createPlayer } from "./player.js";
import { fillTexts, text } from "./texts.js";
import { createView } from "./view.js";

start(JSON.parse(find("data").textContent));

function start(scene) {
  fillTexts(document);
  describe(scene);
  dress(scene);
  const moments = withKept(scene);
  const splits = Object.keys(scene.splits);
  const first = { place: 0, playing: false, chosen: splits.includes("val") ? "val" : "train", moved: null, probe: null, unit: null, cell: null, rings: true, size: 0 };
  let parts = [];

  const change = createView(first, (state) => {
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
  });

  const player = createPlayer(moments, change);
  parts = [createControls(player, moments), ...createParts(scene, moments, player, change)];
  createHints();
  change({});
}

// The moments of a training and, if the best epoch is not the last one, the weights that the run keeps once more.
function withKept({ frames, best_epoch: best }) {
  const kept = frames.find((frame) => frame.epoch === best);
  const ends = kept === frames[frames.length - 1];
  return ends ? [...frames.slice(0, -1), { ...kept, kept: true }] : [...frames, { ...kept, kept: true }];
}

function describe(scene) {
  document.title = text("title", { title: scene.title });
  find("title").textContent = scene.title;
  const facts = { run: scene.run, parameters: whole(scene.parameters), epochs: whole(scene.epochs) };
  find("facts").textContent = text("facts", facts);
  const kept = { shown: scene.frames.length, epochs: whole(scene.epochs + 1), most: scene.most_epochs };
  const some = scene.frames.length < Math.min(scene.most_epochs, scene.epochs + 1);
  find("kept").textContent = text(scene.frames.length > scene.epochs ? "kept.all" : some ? "kept.fewer" : "kept.some", kept);
  find("repeated").hidden = !scene.repeated;
}
