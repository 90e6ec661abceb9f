// The weights of a network by their numbers: which connection each belongs to, and what it is called.

import { element } from "./dom.js";
import { inputNames } from "./inputs.js";
import { text } from "./texts.js";

// A number without zeros at its end.
export function short(value, digits = 5) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits)) || 0).replaceAll("-", "\u2212") : "\u2013";
}

export function createWeights(scene, { lines, size }) {
  const last = lines.length - 1;
  const plain = last === 0 && scene.answer === "binary"; // one weighted sum
  const sources = (line) => (line === 0 ? inputNames(scene) : Array.from({ length: lines[line].layer.inputs }, (_, unit) => unitName(line - 1, unit)));

  function unitName(line, unit) {
    if (line === last) return scene.answer === "binary" ? text("output") : scene.classes[unit];
    return text(last > 1 ? "weight.unit.of" : "weight.unit", { unit: unit + 1, layer: line + 1 });
  }

  // The line of weights that a number belongs to, its unit, and where it comes from; a bias comes from nowhere.
  function placed(at) {
    const line = lines.findLastIndex(({ start }) => start <= at);
    const { start, layer } = lines[line];
    const within = at - start;
    const biases = layer.inputs * layer.outputs;
    if (within >= biases) return { line, to: within - biases, from: null };
    return { line, to: Math.floor(within / layer.inputs), from: within % layer.inputs };
  }

  function nameOf(at) {
    const { line, to, from } = placed(at);
    if (plain) return from === null ? "b" : `w${from + 1}`;
    const unit = unitName(line, to);
    return from === null ? text("weight.bias", { unit }) : text("weight.from", { source: sources(line)[from], unit });
  }

  // The same in words, for who hears it.
  function saidOf(at) {
    const { line, from } = placed(at);
    if (!plain) return nameOf(at);
    return from === null ? text("weight.b") : text("weight.w", { name: nameOf(at), source: sources(line)[from] });
  }

  return { size, plain, nameOf, saidOf, chosen: ({ weight }) => (weight !== null && weight < size ? weight : null) };
}

const MOST = 400; // entries in a list

// A list to choose a weight from; `choose` is called with its number.
export function createChoice(weights, label, choose) {
  const entries = Array.from({ length: Math.min(MOST, weights.size) }, (_, at) => element("option", { value: at }, weights.nameOf(at)));
  const made = element("select", { "aria-label": label }, ...entries);
  made.addEventListener("change", () => choose(Number(made.value)));
  return {
    element: made,
    show(at) {
      if (at !== null && at >= MOST && !made.querySelector(`[value="${at}"]`)) made.append(element("option", { value: at }, weights.nameOf(at)));
      if (made.value !== String(at)) made.value = at ?? "";
    },
  };
}
