// Editing rows: adding, dragging and erasing them in the plot, with the pointer or the keyboard.

import { drawn, element, find } from "./dom.js";
import { markerOf } from "./legend.js";
import { text } from "./texts.js";

const REACH = 14; // pixels from a row within which a click selects it
const PATHS = { undo: "M9 5 3.500 10 9 15v-3.500h4a4 4 0 0 1 0 8H8v2.500h5a6.500 6.500 0 0 0 0-13H9z", redo: "M15 5l5.500 5-5.500 5v-3.500h-4a4 4 0 0 0 0 8h5v2.500h-5a6.500 6.500 0 0 1 0-13h4z" };

export function createEditing(scene, model, plot, change, send) {
  const over = find("probe");
  const tools = ["look", ...scene.classes.map((_, label) => `add ${label}`), "move", "erase"];
  const buttons = Object.fromEntries(tools.map((tool) => [tool, toolButton(tool)]));
  const ways = Object.fromEntries(["undo", "redo"].map((way) => [way, wayButton(way)]));
  find("tools").replaceChildren(...Object.values(buttons), ...Object.values(ways));
  let view = null;
  let held = null; // the number of the row that is being dragged

  function toolButton(tool) {
    const label = tool.startsWith("add") ? Number(tool.slice(4)) : null;
    const name = label === null ? text(`tool.${tool}`) : text("tool.add", { name: scene.classes[label] });
    const made = element("button", { type: "button", class: "tool", "data-tool": tool, "aria-pressed": "false", "data-help": label === null ? `tool.${tool}` : "tool.add" }, name);
    if (label !== null) made.prepend(markerOf(scene, label));
    made.addEventListener("click", () => change(tool === "look" ? { tool } : { tool, chosen: "train" }));
    return made;
  }

  function wayButton(way) {
    const icon = drawn("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
    icon.append(drawn("path", { d: PATHS[way] }));
    const made = element("button", { type: "button", class: "tool way", id: way, "aria-label": text(way), "data-help": way }, icon);
    made.disabled = !scene.can[way];
    made.addEventListener("click", () => send({ do: "points", way }));
    return made;
  }

  function place(event) {
    const box = plot.box();
    const { left, top } = over.getBoundingClientRect();
    return { x: box.valueX(event.clientX - left), y: box.valueY(event.clientY - top) };
  }

  // The number of the training row nearest to a point, or nothing if none is near.
  function nearest({ x, y }) {
    const box = plot.box();
    const { rows, x: points, y: labels } = model.splits.train;
    const step = Math.ceil(rows / labels.length);
    const numberOf = (row) => (scene.numbers.length ? scene.numbers[row * step] : row * step);
    let found = null;
    let least = REACH;
    const consider = (number, x1, x2) => {
      const far = Math.hypot(box.x(x1) - box.x(x), box.y(x2) - box.y(y));
      if (far < least) [least, found] = [far, number];
    };
    labels.forEach((_, row) => consider(numberOf(row), points[2 * row], points[2 * row + 1]));
    for (const [number, x1, x2] of scene.own) consider(number, x1, x2);
    return found;
  }

  function act(at) {
    if (view.tool.startsWith("add")) return edit({ add: [...inUnits(at), Number(view.tool.slice(4))] });
    if (view.tool === "move" && held !== null) return drop(at);
    const number = nearest(at);
    if (number === null) return null;
    if (view.tool === "erase") return edit({ erase: [number] });
    held = number;
    return null;
  }

  function drop(at) {
    const number = held;
    held = null;
    edit({ move: [number, ...inUnits(at)] });
  }

  // Rows are changed in the data's units.
  const inUnits = ({ x, y }) => [x, y].map((value, place) => value * scene.inputs[place].scale + scene.inputs[place].mean);
  const edit = (news) => send({ do: "points", edit: news });

  over.addEventListener("pointerdown", (event) => {
    if (view.tool === "look" || event.button !== 0) return;
    event.preventDefault();
    over.setPointerCapture(event.pointerId);
    act(place(event));
  });
  over.addEventListener("pointerup", (event) => view.tool === "move" && held !== null && drop(place(event)));
  over.addEventListener("pointercancel", () => (held = null));
  over.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || view.tool === "look" || !view.probe) return;
    event.preventDefault();
    act(view.probe);
  });

  return (now) => {
    view = now;
    for (const [tool, made] of Object.entries(buttons)) made.setAttribute("aria-pressed", String(tool === now.tool));
    over.dataset.tool = now.tool.split(" ")[0];
    const numbers = scene.own.length ? text(scene.own.length === 1 ? "own.one" : "own.many", { rows: scene.own.length }) : "";
    find("tools").dataset.own = numbers;
  };
}
