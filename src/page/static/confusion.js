// How often each class was predicted as which, on the rows of the chosen split.

import { element, find, whenChanged } from "./dom.js";
import { markerOf } from "./legend.js";
import { whole } from "./numbers.js";
import { text } from "./texts.js";

const CROWD = 6; // with more classes, the matrix is wider than its card and scrolls

export function createConfusion(scene, model, change) {
  const { classes, look } = scene;
  const named = (label) => [markerOf(scene, label), element("span", { class: "name", title: classes[label] }, classes[label])];
  find("confusion").classList.toggle("crowded", classes.length > CROWD);
  const head = element("tr", {}, element("td"), ...classes.map((_, label) => element("th", { scope: "col" }, ...named(label))));
  const cells = classes.map((_, truth) => classes.map((_, predicted) => pressed(truth, predicted)));
  const rows = cells.map((line, label) => element("tr", {}, element("th", { scope: "row" }, ...named(label)), ...line));
  find("confusion").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));

  function pressed(truth, predicted) {
    const press = element("button", { type: "button", "aria-pressed": "false" });
    press.addEventListener("click", () => change(({ cell }) => ({ cell: cell === truth * classes.length + predicted ? null : truth * classes.length + predicted })));
    return element("td", {}, press);
  }

  return whenChanged(["moment", "split", "threshold", "cell"], (view) => {
    const { counts } = model.judged(view.moment, view.split, view);
    cells.forEach((line, label) => {
      const own = counts.subarray(label * classes.length, (label + 1) * classes.length);
      const all = own.reduce((sum, count) => sum + count, 0);
      line.forEach((cell, predicted) => {
        const share = all ? own[predicted] / all : 0;
        const colour = label === predicted ? look.positive : look.negative;
        const press = cell.firstChild;
        press.textContent = whole(own[predicted]);
        press.setAttribute("aria-pressed", String(view.cell === label * classes.length + predicted));
        press.title = text("confusion.cell", { truth: classes[label], predicted: classes[predicted], count: own[predicted] });
        press.setAttribute("aria-label", press.title);
        cell.style.background = `color-mix(in srgb, ${colour} ${Math.round(50 * Math.sqrt(share))}%, transparent)`;
      });
    });
  });
}
