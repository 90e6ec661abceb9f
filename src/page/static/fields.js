// One setting: its name, its value, and buttons to decrease and increase it.

import { element } from "./dom.js";
import { text } from "./texts.js";

export function createField(control, send) {
  const id = `set-${control.key.replaceAll(".", "-")}`;
  const refused = element("p", { class: "refused", role: "alert", id: `${id}-refused`, hidden: "" });
  const make = { choice: createChoice, several: createSeveral, layers: createLayers }[control.kind] ?? createNumber;
  const value = make(control, id, (wanted) => {
    refused.hidden = true;
    send(wanted);
  });
  const grouped = ["several", "layers"].includes(control.kind);
  const name = element(grouped ? "span" : "label", { class: "name", "data-help": control.key, id: `${id}-name` }, text(`set.${control.key}`));
  if (!grouped) name.setAttribute("for", id);
  else for (const [attribute, value] of [["tabindex", "0"], ["role", "term"]]) name.setAttribute(attribute, value);
  const made = element("div", { class: `field of-${control.kind}`, "data-key": control.key }, name, value.element, refused);
  return {
    element: made,
    show: (now) => {
      refused.hidden = true;
      value.show(now);
    },
    refuse: (line, now) => {
      refused.textContent = line;
      refused.hidden = false;
      value.show(now);
    },
  };
}

function createChoice({ options, key }, id, send) {
  const made = element("select", { id, "aria-describedby": `${id}-refused` }, ...options.map((option) => element("option", { value: option }, text(`option.${option}`))));
  made.addEventListener("change", () => send(made.value));
  return { element: made, show: (now) => (made.value = now), key };
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
    button.addEventListener("click", () => {
      show(options.filter((option, each) => current.includes(option) !== (each === place)));
      send(current);
    });
  });
  return { element: made, show };
}

function createNumber(control, id, send) {
  const input = element("input", { id, type: "text", inputmode: "decimal", "aria-describedby": `${id}-refused` });
  input.placeholder = control.optional ? text(`without.${control.key}`) : "";
  let current = null;

  const less = stepper("less", control.key, () => send(stepped(control, current, -1)));
  const more = stepper("more", control.key, () => send(stepped(control, current, 1)));
  input.addEventListener("change", () => {
    const typed = input.value.trim().replace(",", ".");
    send(typed === "" ? null : Number.isFinite(Number(typed)) ? Number(typed) : typed);
  });

  function show(now) {
    current = now;
    input.value = now === null ? "" : String(now);
  }

  return { element: element("span", { class: "number" }, less, input, more), show };
}

function stepper(what, key, act) {
  const label = text(`${what}.of`, { name: text(`set.${key}`) });
  const made = element("button", { type: "button", class: "small-step", "aria-label": label }, what === "less" ? "\u2212" : "+");
  made.addEventListener("click", act);
  return made;
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
  let current = [];

  function button(sign, label, act, dead) {
    const found = element("button", { type: "button", class: "small-step", "aria-label": label }, sign);
    found.addEventListener("click", act);
    found.disabled = dead;
    return found;
  }

  function changed(layer, units) {
    return current.map((each, place) => (place === layer ? units : each));
  }

  function show(now) {
    const focused = made.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    current = now;
    const columns = now.map((units, layer) => {
      const which = { layer: layer + 1 };
      const count = element("input", { type: "text", inputmode: "numeric", class: "units", "aria-label": text("units.of", which) });
      count.value = String(units);
      count.addEventListener("change", () => send(changed(layer, Number(count.value))));
      return element(
        "span",
        { class: "number" },
        button("\u2212", text("units.less", which), () => send(units > 1 ? changed(layer, units - 1) : now.filter((_, place) => place !== layer)), false),
        count,
        button("+", text("units.more", which), () => send(changed(layer, units + 1)), units >= most),
      );
    });
    const less = button("\u2212", text("layer.less"), () => send(current.slice(0, -1)), now.length === 0);
    const more = button("+", text("layer.more"), () => send([...current, current[current.length - 1] ?? 4]), false);
    const count = element("span", { class: "count" }, text(now.length === 1 ? "layer.one" : "layer.many", { layers: now.length }));
    made.replaceChildren(element("span", { class: "number" }, less, count, more), ...columns);
    if (focused) [...made.querySelectorAll("[aria-label]")].find((each) => each.getAttribute("aria-label") === focused)?.focus();
  }

  return { element: made, show };
}
