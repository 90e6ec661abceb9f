// One line of text that says what is shown, also for screen readers, which read it out when nothing plays.

import { find } from "./dom.js";
import { fixed, whole, written } from "./numbers.js";
import { text } from "./texts.js";

export function createStatus(scene, model) {
  const [seen, heard] = [find("status"), find("heard")];
  return (view) => {
    const scores = model.scores(view.moment, view.split, view);
    const values = {
      epoch: whole(view.moment.epoch),
      loss: written(scores.loss),
      right: fixed(100 * scores.accuracy, 1),
      r2: fixed(scores.r2, 3),
      split: text(`split.${view.split}`),
    };
    const line = text(scene.answer === "regression" ? "status.fit" : "status", values);
    seen.textContent = line;
    if (!view.playing && heard.textContent !== line) heard.textContent = line;
  };
}
