// One setting: its name, its value, and buttons to decrease and increase it.

import { element } from "./dom.js";
import { lockField } from "./switches.js";
import { text } from "./texts.js";

export function createField(control, send) {
  const id = `set-${control.key.replaceAll(".", "-")}`;
  const refused = element("p", { class: "refused", role: "alert", id: `${id}-refused`, hidden: "" });
  const make = { choice: createChoice, several: createSeveral, pair: createPair, layers: createLayers }[control.kind] ?? createNumber;
  let shown; // as JSON
  const value = make(control, id, (wanted) => {
    refused.hidden = true;
    show(wanted);
    send(wanted);
  });

  function show(now) {
    shown = JSON.stringify(now);
    value.show(now);
  }

  const grouped = ["several", "pair", "layers"].includes(control.kind);
  const name = element(grouped ? "span" : "label", { class: "name", "data-help": control.key, id: `${id}-name` }, text(`set.${control.key}`));
  if (!grouped) name.setAttribute("for", id);
  else for (const [attribute, value] of [["tabindex", "0"], ["role", "term"]]) name.setAttribute(attribute, value);
  const made = element("div", { class: `field of-${control.kind}`, "data-key": control.key }, name, value.element, refused);
  if (control.locked) lockField(made, value.element);
  return {
    element: made,
    show: (now) => {
      refused.hidden = true;
      if (JSON.stringify(now) !== shown) show(now); // the same value must not replace what is being typed
    },
    refuse: (line, now) => {
      refused.textContent = line;
      refused.hidden = false;
      show(now);
    },
  };
}

function createChoice({ options }, id, send) {
  const made = element("select", { id, "aria-describedby": `${id}-refused` }, ...options.map((option) => element("option", { value: option }, text(`option.${option}`))));
  made.addEventListener("change", () => send(made.value));
  return { element: made, show: (now) => (made.value = now) };
}

// Two columns of a table, one for each axis; choosing the other axis's column swaps them.
function createPair({ options }, id, send) {
  let current = [];
  const axes = ["across", "up"].map((axis, place) => {
    const made = element("select", { "aria-label": text(`axis.${axis}`), "aria-describedby": `${id}-refused` }, ...options.map((name) => element("option", { value: name }, name)));
    made.addEventListener("change", () => send(made.value === current[1 - place] ? [current[1], current[0]] : current.map((name, each) => (each === place ? made.value : name))));
    return made;
  });

  function show(now) {
    current = now;
    axes.forEach((axis, place) => (axis.value = now[place]));
  }

  return { element: element("span", { class: "pair", role: "group", "aria-labelledby": `${id}-name`, id }, ...axes), show };
}

// A button for each option, pressed where it is chosen; null is the first two.
function createSeveral({ options }, id, send) {
  const buttons = options.map((option) => element("button", { type: "button", class: "toggle", "aria-label": text(`said.${option}`) }, text(`option.${option}`)));
  const made = element("span", { class: "several", role: "group", "aria-labelledby": `${id}-name`, id }, ...buttons);
  let current = [];

  function show(now) {
    current = now ?? options.slice(0, 2);
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(current.includes(options[place]))));
  }

  buttons.forEach((button, place) => {
    button.addEventListener("click", () => send(options.filter((option, each) => current.includes(option) !== (each === place))));
  });
  return { element: made, show };
}

function createNumber(control, id, send) {
  const input = element("input", { id, type: "text", inputmode: "decimal", "aria-describedby": `${id}-refused` });
  input.placeholder = control.optional ? text(`without.${control.key}`) : "";
  let current = null;

  const name = text(`set.${control.key}`);
  const less = button("\u2212", text("less.of", { name }), () => send(stepped(control, current, -1)));
  const more = button("+", text("more.of", { name }), () => send(stepped(control, current, 1)));
  input.addEventListener("change", () => {
    const typed = input.value.trim().replace(",", ".");
    send(typed === "" ? null : Number.isFinite(Number(typed)) ? Number(typed) : typed);
  });

  function show(now) {
    if (typeof now !== "string") current = now; // what is not a number will be refused
    input.value = now === null ? "" : String(now);
  }

  return { element: element("span", { class: "number" }, less, input, more), show };
}

const LADDER = [1, 2, 5];
const UNITS = { "data.centers": 1, "data.arms": 1, seed: 1 };
const PARTS = { "data.label_noise": 0.05, "data.noise": 0.05, "solved.at_least": 0.01 };
const FROM_NONE = { "callbacks.early_stopping.patience": 10, "solved.at_least": 0.95 }; // where a number takes the place of none

// The next smaller or larger round number.
function stepped({ key, kind, least, most }, value, way) {
  const bounded = (next) => Math.min(most, Math.max(least, next));
  if (value === null && FROM_NONE[key]) return FROM_NONE[key];
  if (UNITS[key]) return bounded((value ?? 0) + way);
  if (PARTS[key]) return bounded(Number(((value ?? 0) + way * PARTS[key]).toFixed(6)));
  if (!value) return way > 0 ? Math.max(least, 0.001) : value;
  const power = Math.floor(Math.log10(value) + 1e-9);
  const rungs = [power - 1, power, power + 1].flatMap((each) => LADDER.map((rung) => Number(`${rung}e${each}`)));
  const beyond = way > 0 ? rungs.find((rung) => rung > value * 1.0001) : rungs.findLast((rung) => rung < value * 0.9999);
  return bounded(kind === "whole" ? Math.round(beyond) : beyond);
}

// Units of each hidden layer, with buttons to remove or add a unit or a layer.
function createLayers({ most }, id, send) {
  const made = element("span", { class: "layers", role: "group", "aria-labelledby": `${id}-name`, id });
  const less = button("\u2212", text("layer.less"), () => send(current.slice(0, -1)));
  const more = button("+", text("layer.more"), () => send([...current, current[current.length - 1] ?? 4]));
  const count = element("span", { class: "count" });
  made.append(element("span", { class: "number" }, less, count, more));
  const columns = [];
  let current = [];

  function changed(layer, units) {
    return current.map((each, place) => (place === layer ? units : each));
  }

  function createColumn(layer) {
    const which = { layer: layer + 1 };
    const units = element("input", { type: "text", inputmode: "numeric", class: "units", "aria-label": text("units.of", which) });
    units.addEventListener("change", () => send(changed(layer, Number(units.value))));
    const fewer = button("\u2212", text("units.less", which), () => send(current[layer] > 1 ? changed(layer, current[layer] - 1) : current.filter((_, place) => place !== layer)));
    const another = button("+", text("units.more", which), () => send(changed(layer, current[layer] + 1)));
    return { element: element("span", { class: "number" }, fewer, units, another), units, another };
  }

  function show(now) {
    current = now;
    less.disabled = now.length === 0;
    count.textContent = text(now.length === 1 ? "layer.one" : "layer.many", { layers: now.length });
    while (columns.length > now.length) columns.pop().element.remove();
    while (columns.length < now.length) {
      columns.push(createColumn(columns.length));
      made.append(columns[columns.length - 1].element);
    }
    columns.forEach(({ units, another }, layer) => {
      units.value = String(now[layer]);
      another.disabled = now[layer] >= most;
    });
  }

  return { element: made, show };
}

function button(sign, label, act) {
  const made = element("button", { type: "button", class: "small-step", "aria-label": label }, sign);
  made.addEventListener("click", act);
  return made;
}
