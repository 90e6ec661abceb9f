// The drawer in which the current setting trains from many seeds at once, each start a small picture of its plane.

import { decode } from "./arrays.js";
import { margins } from "./contour.js";
import { element, find, prepared, whenChanged } from "./dom.js";
import { whole } from "./numbers.js";
import { createPalette } from "./palette.js";
import { createPicture } from "./plane.js";
import { text } from "./texts.js";

const MARKS = { solved: "\u2713 ", diverged: "\u2715 " };

export function createStarts(send, change) {
  const [drawer, go, again, count, grid] = ["starts", "starts-go", "starts-again", "starts-count", "starts-grid"].map(find);
  const badge = element("p", { id: "start-shown", class: "badge", hidden: "" });
  find("facts").after(badge);
  let current = null; // what the page trains now: its values and its scene
  let asked = null; // what the starts train, likewise
  let latest = null; // the newest message about them
  let waiting = null; // what has been asked for and is being prepared
  let cells = [];

  const ask = (way, more = {}) => send({ do: "starts", way, ...more });
  const playing = () => latest?.mode === "playing";

  function begin() {
    if (current.scene.numbers.length) return refuse(text("starts.rows"));
    find("starts-refused").hidden = true;
    const number = ask("begin", { count: Number(count.value), values: current.values });
    waiting = number ? { ...current, number } : null;
    change({});
  }

  function refuse(line) {
    waiting = null;
    find("starts-refused").textContent = line;
    find("starts-refused").hidden = false;
    change({});
  }

  function pause() {
    if (playing()) ask("pause");
  }

  go.addEventListener("click", () => (!latest || latest.mode === "ended" ? begin() : ask(playing() ? "pause" : "play")));
  again.addEventListener("click", begin);
  count.addEventListener("change", () => change({}));
  drawer.addEventListener("toggle", () => (drawer.open ? change({}) : pause()));
  document.addEventListener("visibilitychange", () => document.hidden && pause());

  function open(seed) {
    send({ do: "open", values: { ...asked.values, seed }, epochs: latest.epoch });
    window.scrollTo(0, 0);
  }

  // A new scene: it may show one of the starts, or a setting that they do not have.
  function begins({ values, scene }) {
    current = { values, scene };
  }

  function receive(message) {
    if (message.type === "starts.refused") return refuse(message.line);
    if (waiting?.number === message.begun) [waiting, asked] = [null, waiting];
    latest = message;
  }

  // After the connection was lost, what was being prepared may have been lost with it.
  function arrive() {
    if (waiting) begin();
  }

  // The number of the start that the page trains, if it is one.
  function shown() {
    if (!asked || !latest) return null;
    const same = (key) => key === "seed" || JSON.stringify(current.values[key]) === JSON.stringify(asked.values[key]);
    const keys = new Set([...Object.keys(current.values), ...Object.keys(asked.values)]);
    return [...keys].every(same) && !current.scene.numbers.length ? current.values.seed : -1;
  }

  function update({ dark, size }) {
    if (!current) return;
    const number = shown();
    tellTools();
    badge.hidden = !(asked && number >= 0 && number < latest.states.length);
    if (!badge.hidden) badge.textContent = text("starts.shown", { number, count: latest.states.length });
    if (drawer.open && asked) draw({ latest, number, dark, size });
  }

  const draw = whenChanged(["latest", "number", "dark", "size"], ({ number, size }) => {
    tellShare(number);
    build(latest.states.length);
    const { states, side, classes, pictures } = latest;
    const palette = createPalette(asked.scene.look);
    const picture = createPicture(side);
    const said = probabilitiesOf(decode({ type: "uint8", bytes: pictures }), classes);
    const each = said.length / states.length;
    cells.forEach((cell, seed) => cell.tell(states[seed], seed === number));
    cells.forEach((cell, seed) => cell.draw(said.subarray(seed * each, (seed + 1) * each), classes, picture, palette, size));
  });

  function tellTools() {
    const mode = waiting ? "preparing" : (latest?.mode ?? "ended");
    go.disabled = Boolean(waiting);
    go.textContent = text(`starts.${mode}`, { count: count.value });
    again.hidden = Boolean(waiting) || mode === "ended";
  }

  function tellShare(number) {
    const { epoch, epochs, states, solved, interval, command, mode } = latest;
    const now = text("epoch.now", { epoch: whole(epoch), epochs: whole(epochs) });
    const [low, high] = (interval ?? [0, 0]).map((end) => Math.round(100 * end));
    const facts = { solved, count: states.length, share: Math.round((100 * solved) / states.length), low, high };
    const line = text(solved === null ? "starts.no.rule" : "starts.share", facts);
    find("starts-epoch").textContent = now;
    find("starts-share").textContent = number === -1 ? `${line} ${text("starts.other")}` : line;
    find("starts-command").querySelector("code").textContent = command;
    for (const id of ["starts-share", "starts-command"]) find(id).hidden = false;
    if (mode !== "playing") find("starts-heard").textContent = `${now}: ${line}`;
  }

  function build(number) {
    if (cells.length === number) return;
    cells = Array.from({ length: number }, (_, seed) => createCell(seed, () => open(seed)));
    grid.replaceChildren(...cells.map((cell) => cell.element));
  }

  return { arrive, begins, receive, update };
}

// One start: its picture, its number, and whether it is solved.
function createCell(seed, open) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const words = element("span");
  const made = element("button", { type: "button", class: "start" }, canvas, element("b", {}, String(seed)), " ", words);
  made.addEventListener("click", open);

  function tell(state, shown) {
    if (made.ariaPressed !== String(shown)) made.ariaPressed = shown;
    if (made.dataset.state === state) return;
    made.dataset.state = state;
    words.textContent = `${MARKS[state] ?? ""}${text(`starts.is.${state}`)}`;
  }

  function draw(probabilities, classes, picture, palette, size) {
    const { pen, width, height } = prepared(canvas, size);
    const box = { left: 0, top: 0, width, height };
    picture.show(pen, box, (pixels) => palette.shade(probabilities, classes, pixels));
    picture.outline(pen, box, margins(probabilities, classes, 0.5), palette.variable("--ink"), 1.2);
  }

  return { element: made, tell, draw };
}

// The probability of each class [N * classes] from bytes [N], each of which stands for a class and how sure the network
// is of it: the square root of a degree from the first, where all classes are equally probable, to the last.
function probabilitiesOf(bytes, classes) {
  const degrees = Math.floor(256 / classes);
  const found = new Float64Array(bytes.length * classes);
  bytes.forEach((byte, at) => {
    const label = Math.floor(byte / degrees);
    const most = (1 + ((byte % degrees) / (degrees - 1)) ** 2 * (classes - 1)) / classes;
    found.fill((1 - most) / (classes - 1), at * classes, (at + 1) * classes);
    found[at * classes + label] = most;
  });
  return found;
}
