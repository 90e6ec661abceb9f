// A finished run on images: draw, and see what its network says; look at its mistakes.

import { decode } from "./arrays.js";
import { createAsking } from "./asking.js";
import { createCell } from "./cell.js";
import { createConfusion } from "./confusion.js";
import { find } from "./dom.js";
import { createDrawing } from "./drawing.js";
import { dress } from "./dress.js";
import { createHints } from "./hints.js";
import { fixed, whole } from "./numbers.js";
import { createSeen } from "./seen.js";
import { createSocket } from "./socket.js";
import { fillTexts, text } from "./texts.js";
import { createView } from "./view.js";

start();

function start() {
  fillTexts(document);
  createHints();
  let parts = null; // once the run is known
  let matrix = () => {};
  let shownCell = null;

  const change = createView({ cell: null, answer: null }, show, []);
  const send = createSocket(receive, () => tell("lost"));
  const asking = createAsking(send);

  function receive(message) {
    const { type } = message;
    if (type === "pictures") begin(message);
    else if (type === "matrix") count(message);
    else if (type === "drawn" || type === "row") hear(message);
    else if (type === "cell") parts.cell.hear(message);
    else if (type === "refused") refuse(message);
    else if (type === "full") tell("full", { most: message.most });
  }

  function begin(scene) {
    find("news").hidden = true;
    if (parts) return asking.arrive(); // the connection was lost
    dress({ ...scene, answer: "pictures" });
    const named = { run: scene.run, parameters: whole(scene.parameters), accuracy: fixed(scene.accuracy, 4), temperature: fixed(scene.temperature, 3) };
    document.title = text("pictures.title", { title: scene.title });
    find("title").textContent = scene.title;
    find("facts").textContent = text(scene.temperature === 1 ? "pictures.facts" : "pictures.facts.tempered", named);
    parts = { scene, seen: createSeen(scene), cell: createCell(scene, send, (row) => asking.ask(() => ({ do: "row", row }))) };
    if (scene.way) parts.drawing = createDrawing(scene, draw);
    else refuseDrawing();
    change({ answer: { picture: null } });
  }

  function draw(message, isWhole = false) {
    asking.ask(message);
    parts.isWhole = isWhole;
  }

  function refuseDrawing() {
    find("draw-title").textContent = text("draw.chosen");
    find("drawing").setAttribute("aria-disabled", "true");
    for (const id of ["draw-tools", "draw-sizes"]) find(id).hidden = true;
    find("draw-note").textContent = text("draw.not");
  }

  function count({ counts }) {
    const { classes } = parts.scene;
    const flat = Uint32Array.from(counts.flat());
    find("matrix-note").textContent = text("confusion.axes");
    matrix = createConfusion(parts.scene, { judged: () => ({ counts: flat }) }, change);
    find("confusion").classList.toggle("long", classes.length > 2 && classes.some((name) => name.length > 3));
    const mistakes = flat.map((each, place) => (place % (classes.length + 1) ? each : 0));
    const most = mistakes.indexOf(Math.max(...mistakes));
    change(({ cell }) => ({ cell: cell ?? (mistakes[most] ? most : null) }));
  }

  async function hear(message) {
    if (!asking.answered(message.heard)) return;
    if (message.type === "row" && parts.drawing) await parts.drawing.putPicture(decode(message.picture), parts.scene.side);
    change({ answer: message });
  }

  function refuse({ line, heard }) {
    asking.answered(heard);
    find("news").textContent = line;
    find("news").hidden = false;
  }

  function show({ answer, cell }) {
    if (!parts) return;
    matrix({ cell });
    if (cell !== shownCell) parts.cell.open(cell);
    shownCell = cell;
    if (answer !== parts.answer) {
      parts.answer = answer;
      parts.seen.show(answer);
      parts.cell.mark(answer.type === "row" ? answer.row : null);
    }
    const line = parts.seen.verdict(answer);
    if (!parts.drawing?.isDown() && line && find("heard").textContent !== line) find("heard").textContent = line;
    document.body.dataset.mode = "pictures";
  }

  function tell(key, values = {}) {
    find("news").textContent = text(`news.${key}`, values);
    find("news").hidden = false;
  }
}
