// The step that training is about to take, with its numbers, which the process that trains has computed.

import { element, find } from "./dom.js";
import { markerOf } from "./legend.js";
import { whole } from "./numbers.js";
import { text } from "./texts.js";
import { createWeights, short } from "./weights.js";

const FEW = 24; // weights that are all listed

export function createNextStep(scene, model, change, ask) {
  const weights = createWeights(scene, model.network);
  const drawer = find("next-step");
  const few = weights.size <= FEW;
  let asked = null; // for which weights
  let shown = null;
  drawer.ontoggle = () => change({});

  function cell(tag, words, value = null) {
    const made = element(tag, tag === "th" ? { scope: "col" } : {}, words);
    if (value !== null) made.dataset.value = value;
    return made;
  }

  const number = (value) => cell("td", short(value), value);

  function table(id, heads, rows) {
    find(id).replaceChildren(element("thead", {}, element("tr", {}, ...heads.map((head) => cell("th", head)))), element("tbody", {}, ...rows));
  }

  // The class that p is the probability of: in binary problems always the second.
  function listRows({ x, y, logits, estimates }) {
    const binary = scene.answer === "binary";
    const heads = [...scene.inputs.map(({ name }) => name), text("next.class"), "z", "p", "y", "p \u2212 y"];
    const rows = x.map((inputs, row) => {
      const label = binary ? 1 : y[row];
      const p = estimates[row][label];
      const target = Number(y[row] === label);
      const truth = element("td", {}, markerOf(scene, y[row]), ` ${scene.classes[y[row]]}`);
      return element("tr", {}, ...inputs.map(number), truth, number(logits[row][binary ? 0 : label]), number(p), cell("td", String(target), target), number(p - target));
    });
    table("next-rows", heads, rows);
  }

  function listWeights({ places, weights: now, gradients, after }, view) {
    const heads = ["weight", "now", "gradient", "after"].map((key) => text(`next.${key}`));
    const rows = places.map((at, i) => {
      const frozen = view.live.frozen.includes(at);
      const name = element("th", { scope: "row" }, frozen ? text("next.frozen", { name: weights.nameOf(at) }) : weights.nameOf(at));
      const made = element("tr", { "data-weight": at }, name, number(now[i]), number(gradients[i]), number(after[i]));
      made.classList.toggle("chosen", at === weights.chosen(view));
      return made;
    });
    table("next-weights", heads, rows);
  }

  function note(found, values) {
    const some = found.rows > found.x.length ? "next.some" : "next.all";
    const numbers = { rows: whole(found.rows), shown: found.x.length, name: scene.classes[1] };
    const kinds = [text(scene.answer === "binary" ? some : "next.multiclass", numbers)];
    if (weights.plain) kinds.push(text("next.mean"));
    const plain = values.optimizer === "sgd" && !values["optimizer.momentum"] && !values["optimizer.weight_decay"];
    kinds.push(text(plain ? "next.plain" : "next.other"));
    if (!few) kinds.push(text(found.places.length ? "next.one" : "next.none"));
    return kinds.join(" ");
  }

  return (view) => {
    if (!drawer.open) return;
    const chosen = weights.chosen(view);
    const places = few ? Array.from({ length: weights.size }, (_, at) => at) : chosen === null ? [] : [chosen];
    const wanted = `${view.latest.hash} ${view.latest.epoch} ${view.latest.step} ${places} ${view.live.frozen} ${scene.rows_hash} ${JSON.stringify(view.values)}`;
    drawer.classList.toggle("waiting", view.live.mode !== "paused");
    if (view.live.mode === "paused" && asked !== wanted) {
      asked = wanted;
      ask({ do: "next_step", places });
    }
    const found = view.next_step;
    if (!found || found.hash !== view.latest.hash || found === shown) return;
    shown = found;
    const facts = { "next.rows": whole(found.rows), "next.loss": short(found.loss), "next.lr": short(found.lr) };
    find("next-facts").replaceChildren(...Object.entries(facts).map(([key, value]) => element("span", { class: "entry" }, element("span", { class: "key" }, text(key)), element("b", {}, value))));
    listRows(found);
    listWeights(found, view);
    find("next-note").textContent = note(found, view.values);
  };
}
