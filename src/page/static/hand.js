// Weights in the hand: choosing a connection in the diagram, setting or freezing its weight, and the sum it belongs to.

import { element, find } from "./dom.js";
import { createNetwork } from "./forward.js";
import { createLine } from "./line.js";
import { text } from "./texts.js";
import { createChoice, createWeights, short } from "./weights.js";

const FEW = 10; // weights that are all listed
const NEAR = 12; // pixels from a connection within which a click chooses it
const STEP = 0.1;
const PATIENCE = 500; // milliseconds after which a change counts as lost

export function createHand(scene, model, plot, change, send) {
  const weights = createWeights(scene, model.network);
  const drawer = find("hand");
  const few = weights.size <= FEW;
  const put = createPutting(send);
  const choice = createChoice(weights, text("hand.choice"), (weight) => change({ weight }));
  const rows = new Map();
  const line = weights.plain && scene.layers[0].kind === "linear" && model.network.lines[0].layer.inputs === 2 ? createLine(plot, put.set) : null;
  const sum = weights.plain ? createSum(scene, model) : null;
  find("hand-choice").replaceChildren(...(few ? [] : [choice.element]));
  find("hand-note").textContent = text(line ? "hand.line" : few ? "hand.few" : "hand.many");
  find("hand-rows").replaceChildren();
  find("diagram").onclick = (event) => choose(event);
  if (!line) for (const old of document.querySelectorAll(".handle, .arrow")) old.remove();

  function choose({ target, clientX, clientY }) {
    const own = target.closest(".node")?.dataset.bias;
    const weight = own === undefined ? nearest(clientX, clientY) : drawer.open ? Number(own) : null;
    if (weight === null) return;
    drawer.open = true;
    change({ weight });
  }

  // The number of the connection next to a place on the screen.
  function nearest(x, y) {
    let found = null;
    let least = NEAR;
    for (const path of find("diagram").querySelectorAll("path[data-at]")) {
      const { left, top } = path.ownerSVGElement.getBoundingClientRect();
      const length = path.getTotalLength();
      for (let i = 0; i <= 40; i++) {
        const at = path.getPointAtLength((length * i) / 40);
        const far = Math.hypot(at.x + left - x, at.y + top - y);
        if (far < least) [least, found] = [far, Number(path.dataset.at)];
      }
    }
    return found;
  }

  function createRow(at) {
    const id = `weight-${at}`;
    const [name, said] = [weights.nameOf(at), weights.saidOf(at)];
    const input = element("input", { id, type: "text", inputmode: "decimal", "aria-label": said });
    const [less, more] = [["\u2212", "less.of", -STEP], ["+", "more.of", STEP]].map(([sign, key, by]) => {
      const made = element("button", { type: "button", class: "small-step", "aria-label": text(key, { name: said }) }, sign);
      made.addEventListener("click", () => step(by));
      return made;
    });
    const freeze = element("input", { type: "checkbox", id: `${id}-frozen`, "aria-label": text("freeze.of", { name: said }) });
    freeze.addEventListener("change", () => send({ do: "weights", edit: { [freeze.checked ? "freeze" : "thaw"]: [at] } }));
    input.addEventListener("change", () => {
      input.dataset.value = "typed"; // and replaced by whatever the weight then is
      set(Number(input.value.trim().replace(",", ".").replace("\u2212", "-") || NaN));
    });
    input.addEventListener("keydown", (event) => {
      const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
      if (by) [event.preventDefault(), step(by)];
    });
    let now = 0;
    const set = (value) => put.set({ [at]: value });
    const step = (by) => set(Number((now + by).toFixed(6)));
    const made = element("div", { class: "weight", "data-weight": at }, element("label", { class: "name", for: id }, name), element("span", { class: "number" }, less, input, more), element("label", { class: "freeze", "data-help": "freeze" }, freeze, text("freeze")));
    return {
      element: made,
      show(value, frozen) {
        now = value;
        if (document.activeElement !== input || input.dataset.value !== String(value)) input.value = short(value, 4);
        input.dataset.value = value;
        freeze.checked = frozen;
      },
    };
  }

  function list(places, view) {
    const now = model.weightsOf(view.moment);
    for (const [at, row] of rows) if (!places.includes(at)) [row.element.remove(), rows.delete(at)];
    for (const at of places) {
      if (!rows.has(at)) {
        rows.set(at, createRow(at));
        find("hand-rows").append(rows.get(at).element);
      }
      rows.get(at).show(now[at], view.live.frozen.includes(at));
    }
  }

  return (view) => {
    put.answered(view.received);
    const chosen = weights.chosen(view);
    for (const path of find("diagram").querySelectorAll("path[data-at]")) {
      path.classList.toggle("chosen", drawer.open && Number(path.dataset.at) === chosen);
      path.classList.toggle("frozen", view.live.frozen.includes(Number(path.dataset.at)));
    }
    if (drawer.open) {
      choice.show(chosen);
      list(few ? Array.from({ length: weights.size }, (_, at) => at) : chosen === null ? [] : [chosen], view);
    }
    line?.(drawer.open, model.weightsOf(view.moment));
    if (sum && view.probe) find("readout").append(sum(model.weightsOf(view.moment), view.probe));
  };
}

// Sends one change after another: while one is on its way, later ones are put together.
function createPutting(send) {
  let [waiting, sent, last] = [{}, -PATIENCE, 0];

  function flush() {
    const values = Object.entries(waiting).map(([at, value]) => [Number(at), value]);
    if (!values.length || performance.now() - sent < PATIENCE) return;
    [waiting, sent] = [{}, performance.now()];
    send({ do: "weights", edit: { set: values } });
  }

  return {
    set(values) {
      Object.assign(waiting, values);
      flush();
    },
    answered(received) {
      if (received === last) return;
      [last, sent] = [received, -PATIENCE];
      flush();
    },
  };
}

// The logit at a point, written out with its numbers.
function createSum(scene, model) {
  const [first] = scene.layers;
  const { inputs } = model.network.lines[0].layer;
  const before = createNetwork([first.kind === "derived" ? first : { kind: "derived", names: ["x1", "x2"] }], scene.inputs.length);
  return (weights, { x, y }) => {
    const values = before.run([], Float64Array.of(x, y)).outputs;
    const terms = Array.from(values, (value, i) => `${short(weights[i], 4)} \u00b7 ${short(value, 3)}`);
    const z = values.reduce((total, value, i) => total + weights[i] * value, weights[inputs]);
    const line = [...terms, short(weights[inputs], 4)].join(" + ").replaceAll("+ \u2212", "\u2212 ");
    return element("span", { class: "entry sum", "data-help": "sum" }, element("span", { class: "key" }, text("sum")), element("b", {}, `${line} = ${short(z, 4)}`));
  };
}
