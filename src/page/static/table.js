// The scores of each split; the chosen one is plotted and counted. Test rows are scored once: with the kept weights.

import { element, find, whenChanged } from "./dom.js";
import { fixed, whole, written } from "./numbers.js";
import { text } from "./texts.js";

export function createTable(scene, model, change) {
  const columns = scene.answer === "regression" ? ["loss", "r2", "rmse"] : ["loss", "accuracy"];
  const head = element("tr", {}, element("th", { scope: "col", "data-help": "rows", tabindex: "0" }, text("rows")));
  for (const name of columns) {
    head.append(element("th", { scope: "col", "data-help": name, tabindex: "0" }, text(`metric.${name}`)));
  }
  const lines = Object.entries(model.splits).map(([split, { rows, y }]) => {
    const choose = element("input", { type: "radio", name: "split", value: split });
    choose.addEventListener("change", () => change({ chosen: split }));
    const words = y.length < rows ? text("rows.some", { shown: whole(y.length), rows: whole(rows) }) : whole(rows);
    const label = element("label", {}, choose, element("span", {}, text(`split.${split}`)), element("span", { class: "muted" }, words));
    const cells = columns.map((name) => element("td", { "data-score": `${split}/${name}` }));
    return { split, choose, cells, row: element("tr", {}, element("th", { scope: "row" }, label), ...cells) };
  });
  find("scores").replaceChildren(element("thead", {}, head), element("tbody", {}, ...lines.map(({ row }) => row)));

  return whenChanged(["moment", "split", "threshold", "moved"], (view) => {
    for (const line of lines) {
      const hidden = line.split === "test" && !view.moment.kept && !view.moment.scores.test;
      line.choose.checked = line.split === view.split;
      line.choose.disabled = hidden;
      line.row.classList.toggle("chosen", line.split === view.split);
      const found = hidden ? {} : model.scores(view.moment, line.split, view);
      columns.forEach((name, i) => {
        line.cells[i].textContent = name === "loss" ? written(found.loss) : fixed(found[name], 4);
      });
    }
    find("test-note").hidden = scene.live || !model.splits.test || Boolean(view.moment.kept);
  });
}
