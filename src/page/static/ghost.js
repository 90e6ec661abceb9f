// An earlier training, kept to compare the present one with: its boundary and its curves in grey.

import { margins } from "./contour.js";
import { element, find } from "./dom.js";
import { text } from "./texts.js";

// A button that keeps the present training, and lets go of the one that is kept.
export function createGhostButton(change) {
  const button = element("button", { type: "button", id: "keep", class: "plain", "data-help": "ghost" }, text("ghost.keep"));
  const said = element("span", { id: "kept-ghost", class: "small muted", "aria-live": "polite" });
  find("stages").after(element("p", { class: "entries" }, button, said));
  let view = null;
  button.addEventListener("click", () => change({ ghost: view.kept ? null : view.present() }));

  return (now) => {
    view = now;
    button.textContent = text(now.kept ? "ghost.drop" : "ghost.keep");
    button.disabled = !now.kept && now.moments.length < 2;
    const line = now.kept ? text(now.ghost ? "ghost.kept" : "ghost.other", { differs: differences(now.kept.values, now.values) }) : "";
    if (said.textContent !== line) said.textContent = line;
  };
}

function differences(before, now) {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
  if (!keys.length) return text("ghost.same");
  const written = (value) => (value === null || value === undefined ? "\u2013" : Array.isArray(value) ? `[${value}]` : String(value));
  return keys.map((key) => text("ghost.differs", { name: text(`set.${key}`), before: written(before[key]), now: written(now[key]) })).join("; ");
}

// What is kept of a training.
export function createGhost(scene, model, moments, values) {
  const kept = moments.slice();
  const curves = structuredClone(scene.history);
  return {
    values,
    fits: (other) => other.title === scene.title && other.classes.join() === scene.classes.join(),
    history: curves,
    // Where the decision changed, at the same epoch or the last one before it.
    margins(points, { epoch }, threshold) {
      const moment = kept.findLast((each) => each.epoch <= epoch) ?? kept[0];
      const { probabilities } = model.ask(moment, points, { temperature: 1, threshold });
      return margins(probabilities, scene.classes.length, threshold ?? 0.5);
    },
  };
}
