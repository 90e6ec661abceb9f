// The line of a perceptron in the plot: one handle shifts it, the other is the tip of its weights and turns it.

import { drawn, element, find } from "./dom.js";
import { clamp } from "./numbers.js";
import { text } from "./texts.js";

const LONGEST = 0.42; // of the plot's side, for the longest arrow
const HALF = 2; // the length of weights whose arrow is half as long
const MARGIN = 0.12; // of the plot's side, within which no handle rests
const STEPS = 40; // arrow key presses from one side to the other
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

const rounded = (value) => Number(value.toFixed(2)) || 0;

export function createLine(plot, set) {
  for (const old of document.querySelectorAll(".handle, .arrow")) old.remove();
  const arrow = drawn("svg", { class: "arrow", "aria-hidden": "true" });
  const shaft = drawn("path", { fill: "none" });
  arrow.append(shaft);
  const handles = { anchor: createHandle("anchor"), tip: createHandle("tip") };
  find("probe").after(arrow, handles.anchor, handles.tip);
  let weights = [0, 0, 0];
  let anchor = null; // where the line is held
  let held = null;

  function createHandle(kind) {
    const made = element("button", { type: "button", class: `handle ${kind}`, "aria-label": text(`handle.${kind}`), "data-help": `handle.${kind}`, "data-own-keys": "" });
    made.addEventListener("pointerdown", (event) => {
      made.setPointerCapture(event.pointerId);
      held = kind;
    });
    made.addEventListener("pointermove", (event) => {
      if (held !== kind) return;
      const { left, top } = find("probe").getBoundingClientRect();
      move(kind, plot.box().valueX(event.clientX - left), plot.box().valueY(event.clientY - top));
    });
    for (const name of ["pointerup", "pointercancel"]) made.addEventListener(name, () => (held = null));
    made.addEventListener("keydown", (event) => {
      const way = WAYS[event.key];
      if (!way) return;
      event.preventDefault();
      const [width, height] = sides();
      const from = kind === "anchor" ? anchor : tipOf(weights);
      move(kind, from.x + (way[0] * width) / STEPS, from.y + (way[1] * height) / STEPS);
    });
    return made;
  }

  function sides() {
    const [left, right, bottom, top] = plot.box().extent;
    return [right - left, top - bottom];
  }

  function inside({ x, y }) {
    const [left, right, bottom, top] = plot.box().extent;
    const [width, height] = sides();
    return { x: clamp(x, left + MARGIN * width, right - MARGIN * width), y: clamp(y, bottom + MARGIN * height, top - MARGIN * height) };
  }

  // How long the longest arrow in a direction is: it ends inside the plot.
  function room(dx, dy) {
    const [left, right, bottom, top] = plot.box().extent;
    const reach = (from, by, low, high) => (by > 0 ? (high - from) / by : by < 0 ? (low - from) / by : Infinity);
    return Math.min(LONGEST * Math.min(...sides()), reach(anchor.x, dx, left, right), reach(anchor.y, dy, bottom, top));
  }

  function tipOf([w1, w2]) {
    const size = Math.hypot(w1, w2);
    if (!size) return anchor;
    const length = (room(w1 / size, w2 / size) * size) / (size + HALF);
    return { x: anchor.x + (length * w1) / size, y: anchor.y + (length * w2) / size };
  }

  function move(kind, x, y) {
    let [w1, w2] = weights;
    if (kind === "anchor") {
      anchor = inside({ x, y });
    } else {
      const [dx, dy] = [x - anchor.x, y - anchor.y];
      const far = Math.hypot(dx, dy) || 1e-9;
      const share = Math.min(0.95, far / room(dx / far, dy / far));
      const size = (HALF * share) / (1 - share);
      [w1, w2] = [rounded((size * dx) / far), rounded((size * dy) / far)];
    }
    weights = [w1, w2, rounded(-w1 * anchor.x - w2 * anchor.y)];
    place();
    set(weights);
  }

  // The point of the line that is nearest to the middle of the plot.
  function foot([w1, w2, b]) {
    const [left, right, bottom, top] = plot.box().extent;
    const [x, y] = [(left + right) / 2, (bottom + top) / 2];
    const off = (w1 * x + w2 * y + b) / (w1 * w1 + w2 * w2 || 1);
    return inside({ x: x - off * w1, y: y - off * w2 });
  }

  function place() {
    const box = plot.box();
    const tip = tipOf(weights);
    for (const [made, { x, y }] of [[handles.anchor, anchor], [handles.tip, tip]]) {
      made.style.left = `${box.x(x)}px`;
      made.style.top = `${box.y(y)}px`;
    }
    shaft.setAttribute("d", `M${box.x(anchor.x)} ${box.y(anchor.y)}L${box.x(tip.x)} ${box.y(tip.y)}`);
  }

  return (shown, now) => {
    for (const made of [arrow, handles.anchor, handles.tip]) made.toggleAttribute("hidden", !shown);
    if (!shown || held || !plot.box()) return;
    weights = Array.from(now);
    const [w1, w2, b] = weights;
    const far = anchor ? Math.abs(w1 * anchor.x + w2 * anchor.y + b) / (Math.hypot(w1, w2) || 1) : Infinity;
    if (far > 0.02 * Math.min(...sides())) anchor = foot(weights);
    place();
  };
}
