// What one can take along: the plot as a picture, and the shown rows and the curves as tables.

import { asCsv } from "./csv.js";
import { element, find } from "./dom.js";
import { createMarkers } from "./points.js";
import { text } from "./texts.js";

export function createDownloads(scene, model, palette) {
  let view = null;
  const ways = { picture: () => savePicture(scene, palette, named(".png")), rows: () => download(named("_rows.csv"), tableOf(rowsOf(scene, model, view))), curves: () => download(named("_curves.csv"), tableOf(curvesOf(scene))) };
  find("downloads").replaceChildren(...Object.entries(ways).map(([what, act]) => {
    const made = element("button", { type: "button", class: "plain", id: `save-${what}`, "data-help": `save.${what}` }, text(`save.${what}`));
    made.addEventListener("click", act);
    return made;
  }));

  const named = (end) => `${`${scene.title} epoch ${view.moment.epoch}`.replace(/[^\p{L}\p{N}]+/gu, "_")}${end}`;

  return (now) => (view = now);
}

const rounded = (value) => Number(value.toPrecision(7)); // float32 has no more digits

// The rows of the chosen split in the data's own units, what the network predicts for them, and how probable it is.
function rowsOf({ inputs, classes, target, answer }, model, view) {
  const { x, y } = model.splits[view.split];
  const { probabilities, values } = model.ask(view.moment, x, view);
  const { predicted } = model.judged(view.moment, view.split, view);
  const units = (row) => inputs.map(({ mean, scale }, i) => rounded(x[row * inputs.length + i] * scale + mean));
  const said = (row) => [classes[y[row]], classes[predicted[row]], ...classes.map((_, c) => rounded(probabilities[row * classes.length + c]))];
  const names = answer === "regression" ? [target.name, text("prediction")] : [text("column.class"), text("column.predicted"), ...classes.map((name) => text("column.probability", { name }))];
  return [[...inputs.map(({ name }) => name), ...names], ...Array.from(y, (value, row) => [...units(row), ...(values ? [rounded(value), rounded(values[row])] : said(row))])];
}

function curvesOf({ history: { epochs, curves } }) {
  const lines = Object.values(curves);
  return [["epoch", ...Object.keys(curves)], ...epochs.map((epoch, i) => [epoch, ...lines.map((line) => line[i] ?? "")])];
}

const tableOf = (rows) => new Blob([asCsv(rows)], { type: "text/csv" });

// The plot with a line above that says what it shows, and the classes below.
function savePicture({ title, classes, look }, palette, name) {
  const plot = find("plot");
  const { fontSize, fontFamily } = getComputedStyle(document.documentElement);
  const em = parseFloat(fontSize) * (window.devicePixelRatio || 1);
  const canvas = element("canvas", { width: plot.width, height: plot.height + 4 * em });
  const pen = canvas.getContext("2d");
  pen.fillStyle = palette.variable("--paper");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(plot, 0, 2 * em);
  pen.fillStyle = palette.variable("--ink");
  pen.font = `${0.9 * em}px ${fontFamily}`;
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  pen.fillText(`${title}: ${find("status").textContent}`, canvas.width / 2, em, canvas.width - 2 * em);
  pen.textAlign = "left";
  const mark = createMarkers(look, palette);
  const room = (canvas.width - 2 * em) / classes.length;
  classes.forEach((each, label) => {
    const width = Math.min(room, pen.measureText(each).width + 2.4 * em);
    const left = canvas.width / 2 + (label - classes.length / 2) * room + (room - width) / 2;
    mark(pen, label, left + 0.7 * em, canvas.height - em, 0.36 * em);
    pen.fillStyle = palette.variable("--ink");
    pen.fillText(each, left + 1.4 * em, canvas.height - em, room - 2 * em);
  });
  canvas.toBlob((blob) => download(name, blob));
}

function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
