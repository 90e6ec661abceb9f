// The network as a picture: inputs, hidden units and outputs, the activation of each over the data, and the weights.

import { drawn, element, find, prepared, whenChanged } from "./dom.js";
import { createInputs } from "./inputs.js";
import { clamp, written } from "./numbers.js";
import { createPicture, planePoints } from "./plane.js";
import { text } from "./texts.js";
import { scaled, surveyUnits } from "./units.js";

const SIDE = 32; // points along a side of a unit's panel
const MOST = 8; // units shown per layer
const SURVEYED = 9; // moments used to scale colours
const THICKEST = 5;
const HEAD = 34; // room for the names of layers
const ROOMY = 44; // distance from one unit to the next

export function createDiagram(scene, model, palette, moments, change) {
  const two = scene.inputs.length === 2;
  const [left, right] = scene.extent;
  const points = two
    ? planePoints(scene.extent, SIDE)
    : Float64Array.from({ length: SIDE }, (_, i) => left + ((right - left) * i) / (SIDE - 1));
  const sample = Array.from({ length: SURVEYED }, (_, i) => moments[Math.round((i * (moments.length - 1)) / (SURVEYED - 1))]);
  const layers = surveyUnits(model, sample, points, MOST);
  const kept = layers.map((layer) => layer.shown);
  const outputs = Array.from({ length: Math.min(MOST, model.network.outputs) }, (_, i) => i);
  const canvasOf = () => element("canvas", { "aria-hidden": "true" });
  const picture = two ? createPicture(SIDE) : null;
  const heaviest = model.network.lines.map((line) => Math.max(1e-6, ...sample.map((moment) => largest(line, model.weightsOf(moment)))));

  const place = find("diagram");
  const wires = drawn("svg", { "aria-hidden": "true" });
  const columns = [inputColumn(), ...layers.map(hiddenColumn), outputColumn()];
  place.replaceChildren(wires, ...columns.flatMap(({ title, nodes }) => [title, ...nodes.map((node) => node.element)]));
  place.style.minHeight = `${HEAD + ROOMY * Math.max(4, ...columns.map(({ nodes }) => nodes.length))}px`;
  const links = linksBetween();
  let arranged = null;

  function titled(words) {
    return element("span", { class: "layer-name" }, words);
  }

  function inputColumn() {
    const nodes = createInputs(scene, points).map(({ name, values }, input) => {
      const canvas = canvasOf();
      return { input, values, canvas, element: element("div", { class: "node", title: name }, canvas) };
    });
    return { title: titled(text(two ? "inputs" : "input")), nodes };
  }

  function hiddenColumn({ units, shown, scales }, layer) {
    const nodes = shown.map((unit) => {
      const canvas = canvasOf();
      const name = text("unit", { unit: unit + 1, layer: layer + 1 });
      const node = element("button", { class: "node unit", type: "button", "aria-label": name, title: name, "aria-pressed": "false" }, canvas);
      const own = { layer, unit, scale: scales[unit] };
      if (two) node.addEventListener("click", () => change((view) => ({ unit: same(view.unit, own) ? null : own })));
      else node.disabled = true;
      return { unit: own, canvas, element: node };
    });
    const words = shown.length < units ? text("hidden.some", { shown: shown.length, units }) : text("hidden", { units });
    return { title: titled(words), nodes };
  }

  function outputColumn() {
    const nodes = outputs.map((output) => {
      const canvas = canvasOf();
      const label = scene.answer === "binary" ? 1 : output;
      const name = scene.classes[label] ?? scene.target.name;
      return { output, label, canvas, element: element("div", { class: "node", title: name }, canvas) };
    });
    return { title: titled(text(outputs.length > 1 ? "outputs" : "output")), nodes };
  }

  function linksBetween() {
    const found = [];
    model.network.lines.forEach((line, layer) => {
      const plain = layer > 0 || line.layer.inputs === columns[0].nodes.length;
      const [from, to] = [columns[layer], columns[layer + 1]];
      for (const [o, target] of to.nodes.entries()) {
        for (const [i, source] of from.nodes.entries()) {
          const [row, column] = [target.unit?.unit ?? target.output ?? o, source.unit?.unit ?? source.input ?? i];
          const at = plain ? line.start + row * line.layer.inputs + column : null;
          const path = drawn("path", at === null ? { fill: "none" } : { fill: "none", "data-at": at });
          wires.append(path);
          target.element.dataset.bias = line.start + line.layer.inputs * line.layer.outputs + row;
          found.push({ path, source, target, at, layer });
        }
      }
    });
    return found;
  }

  // The position of everything in the available space.
  function arrange() {
    const { clientWidth: width, clientHeight: height } = place;
    const tallest = Math.max(...columns.map(({ nodes }) => nodes.length));
    const pitch = Math.min(64, (height - HEAD) / tallest);
    const across = width / columns.length;
    const size = Math.round(clamp(Math.min(pitch - 6, across - 14), 16, 52));
    wires.setAttribute("viewBox", `0 0 ${width} ${height}`);
    columns.forEach(({ title, nodes }, column) => {
      const middle = across * (column + 0.5);
      title.style.left = `${middle}px`;
      title.style.maxWidth = `${across - 4}px`;
      nodes.forEach((node, i) => {
        node.x = middle;
        node.y = HEAD + (height - HEAD) / 2 + (i - (nodes.length - 1) / 2) * pitch;
        node.size = size;
        Object.assign(node.element.style, {
          left: `${middle - size / 2}px`, top: `${node.y - size / 2}px`, width: `${size}px`, height: `${size}px`,
        });
      });
    });
    for (const { path, source, target } of links) {
      const [x1, x2] = [source.x + size / 2, target.x - size / 2];
      const bend = (x2 - x1) / 2;
      path.setAttribute("d", `M${x1} ${source.y}C${x1 + bend} ${source.y} ${x2 - bend} ${target.y} ${x2} ${target.y}`);
    }
  }

  function paint(node, paintPicture) {
    const { pen, width, height } = prepared(node.canvas, arranged);
    picture.show(pen, { left: 0, top: 0, width, height }, paintPicture);
  }

  function trace(node, values, low, high) {
    const { pen, width, height } = prepared(node.canvas, arranged);
    pen.beginPath();
    values.forEach((value, i) => pen.lineTo((width * i) / (SIDE - 1), 3 + (height - 6) * (1 - (value - low) / (high - low || 1))));
    pen.strokeStyle = scene.look.positive;
    pen.lineWidth = 2;
    pen.stroke();
  }

  function paintInputs() {
    for (const node of columns[0].nodes) {
      if (two) paint(node, (pixels) => palette.speak(node.values, pixels));
      else trace(node, node.values, -1, 1);
    }
  }

  function paintHidden(said) {
    layers.forEach((layer, place) => {
      columns[place + 1].nodes.forEach((node, i) => {
        const values = scaled(said[place][i], node.unit.scale);
        if (two) paint(node, (pixels) => palette.speak(values, pixels));
        else trace(node, values, -1, 1);
      });
    });
  }

  function paintOutputs({ probabilities, values }) {
    const num = scene.classes.length;
    for (const node of columns[columns.length - 1].nodes) {
      if (!two) {
        trace(node, values, ...scene.extent.slice(2));
      } else if (scene.answer === "binary") {
        paint(node, (pixels) => palette.shade(probabilities, num, pixels));
      } else {
        paint(node, (pixels) => palette.only(probabilities, num, node.label, pixels));
      }
    }
  }

  function weigh(weights) {
    for (const { path, at, layer } of links) {
      const weight = at === null ? 0 : weights[at];
      const share = Math.min(1, Math.abs(weight) / heaviest[layer]);
      path.setAttribute("stroke", at === null ? palette.variable("--line") : weight < 0 ? scene.look.negative : scene.look.positive);
      path.setAttribute("stroke-width", (0.5 + (THICKEST - 0.5) * share).toFixed(2));
      path.setAttribute("stroke-opacity", (at === null ? 0.6 : 0.12 + 0.78 * share).toFixed(2));
    }
  }

  return whenChanged(["moment", "size", "dark", "unit", "temperature"], (view) => {
    if (arranged !== view.size) {
      arranged = view.size;
      arrange();
    }
    const answer = model.ask(view.moment, points, view, kept);
    if (scene.live) widen(answer.said, model.weightsOf(view.moment));
    paintInputs();
    paintHidden(answer.said);
    paintOutputs(answer);
    weigh(model.weightsOf(view.moment));
    for (const { nodes } of columns.slice(1, -1)) {
      for (const node of nodes) node.element.setAttribute("aria-pressed", String(same(view.unit, node.unit)));
    }
    find("plot-title").textContent = view.unit ? text("unit", { unit: view.unit.unit + 1, layer: view.unit.layer + 1 }) : text("plot");
    find("heaviest").textContent = text("weights.range", { heaviest: written(largestNow(view)) });
  });

  // During training, later weights are unknown, so scales grow with what has been seen.
  function widen(said, weights) {
    layers.forEach((layer, place) => {
      columns[place + 1].nodes.forEach(({ unit: { scale } }, i) => {
        for (const value of said[place][i]) scale.reach = Math.max(scale.reach, Math.abs(value - scale.neutral));
      });
    });
    model.network.lines.forEach((line, layer) => (heaviest[layer] = Math.max(heaviest[layer], largest(line, weights))));
  }

  function largestNow(view) {
    const weights = model.weightsOf(view.moment);
    return Math.max(...model.network.lines.map((line) => largest(line, weights)));
  }
}

const same = (one, other) => Boolean(one && other && one.layer === other.layer && one.unit === other.unit);

function largest({ layer, start }, weights) {
  let found = 0;
  for (let at = start; at < start + layer.inputs * layer.outputs; at++) found = Math.max(found, Math.abs(weights[at]));
  return found;
}
