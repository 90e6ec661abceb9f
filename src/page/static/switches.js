// A teacher's switches in the address: parts to hide, settings to lock, large type, and the plot and the player alone.

import { element } from "./dom.js";
import { text } from "./texts.js";

const SWITCHES = ["hide", "lock", "large", "embed"];
const PARTS = {
  title: "header",
  settings: ".card.settings",
  rows: "#tools",
  downloads: "#downloads",
  network: ".card.network",
  curves: ".card.history",
  scores: ".card.scores",
  test: "#test-asking",
  threshold: ".deciding",
  confusion: ".counting",
  save: "#save",
  notes: "footer",
};

// Takes the switches out of what the address asks for, and does what they say. `unknown` are parts that do not exist.
export function createSwitches(asked) {
  const given = SWITCHES.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]);
  const { hide = "", lock = "", large, embed } = Object.fromEntries(given);
  const known = { ...PARTS, ...drawers() };
  const parts = embed === undefined ? listed(hide) : [...listed(hide), ...Object.keys(known)];
  for (const part of parts) {
    for (const each of document.querySelectorAll(known[part] ?? "none")) each.classList.add("unwanted");
  }
  const root = document.documentElement;
  root.dataset.without = parts.join(" ");
  root.classList.toggle("large", large !== undefined);
  root.classList.toggle("embed", embed !== undefined);
  for (const name of SWITCHES) asked.delete(name);
  return {
    locks: listed(lock),
    unknown: parts.filter((part) => !(part in known)),
    known: Object.keys(known),
    putInto: (address) => given.forEach(([name, value]) => address.set(name, value)),
  };
}

const drawers = () => Object.fromEntries([...document.querySelectorAll("details.drawer")].map(({ id }) => [id, `#${id}`]));

const listed = (names) => names.split(",").filter(Boolean);

// Makes a locked field unchangeable, whatever it consists of.
export function lockField(made, value) {
  const locked = element("fieldset", { disabled: "", class: "locked" });
  value.replaceWith(locked);
  locked.append(value);
  made.querySelector(".name").append(element("span", { class: "muted small" }, ` (${text("locked")})`));
}
