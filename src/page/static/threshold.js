// A slider for the threshold between two classes, and its effect on precision and recall.

import { find, whenChanged } from "./dom.js";
import { fixed } from "./numbers.js";
import { precisionAndRecall } from "./scores.js";
import { text } from "./texts.js";

export function createThreshold(scene, model, change) {
  const slider = find("threshold");
  find("threshold-own").addEventListener("click", () => change({ moved: null }));
  slider.addEventListener("input", () => change({ moved: Number(slider.value) }));
  find("positive").textContent = text("positive", { name: scene.classes[1] });

  return whenChanged(["moment", "split", "threshold", "moved"], (view) => {
    slider.value = view.threshold;
    slider.setAttribute("aria-valuetext", fixed(view.threshold, 3));
    find("threshold-value").textContent = fixed(view.threshold, 3);
    find("threshold-own").disabled = view.moved === null;
    const { precision, recall } = precisionAndRecall(model.judged(view.moment, view.split, view).counts);
    find("precision").textContent = fixed(precision, 4);
    find("recall").textContent = fixed(recall, 4);
    find("f1").textContent = fixed(precision + recall ? (2 * precision * recall) / (precision + recall) : 0, 4);
  });
}
