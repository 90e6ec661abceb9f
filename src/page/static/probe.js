// One point of the plot, under the pointer or moved with the arrow keys, and the network's output there.

import { element, find, prepared } from "./dom.js";
import { markerOf } from "./legend.js";
import { clamp, fixed, written } from "./numbers.js";
import { text } from "./texts.js";

const STEPS = 40; // arrow key presses from one side to the other

export function createProbe(scene, model, palette, plot, change) {
  const over = find("probe");
  const readout = find("readout");
  const [left, right, bottom, top] = scene.extent;
  const two = scene.inputs.length === 2;

  const inside = (x, y) => ({ x: clamp(x, left, right), y: clamp(y, bottom, top) });

  function point(event) {
    const box = plot.box();
    if (!box) return;
    const { left: edge, top: head } = over.getBoundingClientRect();
    const [x, y] = [box.valueX(event.clientX - edge), box.valueY(event.clientY - head)];
    const reach = 0.02;
    const near = (value, low, high) => value >= low - reach * (high - low) && value <= high + reach * (high - low);
    change({ probe: near(x, left, right) && near(y, bottom, top) ? inside(x, y) : null });
  }

  over.addEventListener("pointermove", point);
  over.addEventListener("pointerdown", point);
  over.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && change({ probe: null }));
  over.addEventListener("blur", () => change({ probe: null }));
  let current = null;
  over.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const from = current ?? { x: (left + right) / 2, y: (bottom + top) / 2 };
    const [dx, dy] = current ? way : [0, 0];
    change({ probe: inside(from.x + (dx * (right - left)) / STEPS, from.y + (dy * (top - bottom)) / STEPS) });
  });

  return (view) => {
    current = view.probe;
    const { pen, width, height } = prepared(over, view.size);
    readout.replaceChildren();
    if (!view.probe || !plot.box()) {
      readout.append(element("span", { class: "muted" }, text(two ? "probe.none" : "probe.none.fit")));
      return;
    }
    cross(pen, width, height, view);
    const answer = model.ask(view.moment, Float64Array.from(two ? [view.probe.x, view.probe.y] : [view.probe.x]), view);
    const at = [view.probe.x, view.probe.y];
    scene.inputs.forEach(({ name, mean, scale }, i) => put(name, written(at[i] * scale + mean)));
    if (answer.values) put(text("prediction"), written(answer.values[0], 4));
    else speak(answer, view);
  };

  function put(name, value, label = null) {
    const entry = element("span", { class: "entry" }, element("span", { class: "key" }, name), element("b", {}, value));
    if (label !== null) entry.prepend(markerOf(scene, label));
    readout.append(entry);
  }

  function speak({ logits, probabilities }, view) {
    const shown = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 3);
    if (scene.answer === "binary") {
      put(text("logit"), fixed(logits[0] / view.temperature, 3));
      put(scene.classes[1], fixed(probabilities[1], 4), 1);
    } else {
      for (const label of shown) put(scene.classes[label], fixed(probabilities[label], 4), label);
      put(text("logit"), fixed(logits[shown[0]] / view.temperature, 3));
    }
  }

  function cross(pen, width, height, view) {
    const box = plot.box();
    const [x, y] = [box.x(view.probe.x), box.y(view.probe.y)];
    pen.strokeStyle = palette.variable("--ink");
    pen.globalAlpha = 0.55;
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(x, box.top);
    pen.lineTo(x, box.top + box.height);
    if (two) {
      pen.moveTo(box.left, y);
      pen.lineTo(box.left + box.width, y);
    }
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }
}
