// What the network is shown, what was done to get there, and what it says: the probability of each class.

import { decode } from "./arrays.js";
import { element, find } from "./dom.js";
import { fixed } from "./numbers.js";
import { paint } from "./pixels.js";
import { text } from "./texts.js";

export function createSeen({ classes, way, side, channels }) {
  const lines = classes.map((name) => {
    const [bar, number] = [element("i"), element("td")];
    return { bar, number, row: element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, bar), number) };
  });
  find("bars").replaceChildren(element("tbody", {}, ...lines.map(({ row }) => row)));

  function made({ type, truth, name, row, moved, size }) {
    if (type === "row") return text("made.row", { name: name ?? text("cell.row", { row }), truth });
    if (!moved) return text("made.unmoved", { side });
    return text(`made.${way}`, { width: size[0], height: size[1] });
  }

  function show(answer) {
    const none = !answer.picture;
    if (none) paint(find("picture"), new Uint8Array(side * side * channels), side, channels);
    else paint(find("picture"), decode(answer.picture), side, channels);
    find("picture").setAttribute("aria-label", text(none ? "seen.none" : "seen.picture", { side }));
    find("made").textContent = none ? text(way ? "made.none" : "made.choose") : made(answer);
    lines.forEach(({ bar, number, row }, label) => {
      const p = none ? NaN : answer.probabilities[label];
      bar.style.width = `${none ? 0 : 100 * p}%`;
      number.textContent = fixed(p, 4);
      row.dataset.most = !none && classes[label] === answer.predicted;
    });
  }

  // One line for screen readers, which would not follow every change of the numbers.
  function verdict({ picture, predicted, probabilities }) {
    if (!picture) return "";
    return text("verdict", { predicted, percent: fixed(100 * probabilities[classes.indexOf(predicted)], 1) });
  }

  return { show, verdict };
}
