// The pictures of a cell of the confusion matrix, the surest first. A click shows one of them to the network.

import { decode } from "./arrays.js";
import { element, find } from "./dom.js";
import { fixed, whole } from "./numbers.js";
import { paint } from "./pixels.js";
import { text } from "./texts.js";

export function createCell({ classes, channels }, send, choose) {
  let shown = null; // the place of the cell in the matrix
  let presses = [];

  const place = ({ truth, predicted }) => truth * classes.length + predicted;

  function ask(start) {
    send({ do: "cell", truth: Math.floor(shown / classes.length), predicted: shown % classes.length, start });
  }

  function open(cell) {
    shown = cell;
    presses = [];
    find("cell").replaceChildren();
    find("more").hidden = true;
    find("cell-note").hidden = cell === null;
    if (cell === null) find("cell-title").textContent = text("cell.none");
    else ask(0);
  }

  function pressed(told, row) {
    for (const { press, row: own } of told) press.setAttribute("aria-pressed", String(own === row));
  }

  function hear(message) {
    if (place(message) !== shown || message.start !== presses.length) return;
    const { truth, predicted, rows, all, of, side } = message;
    const values = { truth: classes[truth], predicted: classes[predicted], count: whole(all), of: whole(of) };
    const title = text(truth === predicted ? "cell.right" : "cell.wrong", values);
    find("cell-title").textContent = title;
    if (!presses.length) find("heard").textContent = title;
    const pixels = decode(message.pixels);
    const size = side * side * channels;
    rows.forEach(({ row, name, probability }, i) => {
      const canvas = element("canvas");
      paint(canvas, pixels.subarray(i * size, (i + 1) * size), side, channels);
      const called = name ?? text("cell.row", { row });
      const words = text("cell.one", { ...values, name: called, probability: fixed(probability, 4) });
      const press = element("button", { type: "button", class: "thumb", "aria-pressed": "false", "aria-label": words, title: words }, canvas, element("b", {}, fixed(probability, 4)), called);
      press.addEventListener("click", () => choose(row));
      presses.push({ press, row });
      find("cell").append(element("li", {}, press));
    });
    const left = all - presses.length;
    find("more").hidden = left === 0;
    find("more").textContent = text("cell.more", { count: whole(left) });
  }

  find("more").addEventListener("click", () => ask(presses.length));
  return { open, hear, mark: (row) => pressed(presses, row) };
}
