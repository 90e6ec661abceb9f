// The canvas to draw on, with pointer, finger or keyboard, and its tools.

import { find } from "./dom.js";
import { clamp, whole } from "./numbers.js";
import { greys, imageOf } from "./pixels.js";
import { ACROSS, createStrokes } from "./strokes.js";
import { text } from "./texts.js";

const STEP = ACROSS / 28; // of the keyboard's cursor
const FINE = STEP / 4;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const USUAL = { mnist: [30, 255], digits: [34, 255], fashion: [60, 200] }; // thickness of a stroke, and its shade

// Calls `changed` with whether the drawing is to be moved and scaled, after each change of it.
export function createDrawing({ way, drawing: side }, changed) {
  const canvas = find("drawing");
  canvas.width = canvas.height = ACROSS;
  const pen = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  const strokes = createStrokes(pen);
  const [thickness, shade, moves, nib] = ["thickness", "shade", "moves", "nib"].map(find);
  let [erases, isDown] = [false, false];
  let cursor = [ACROSS / 2, ACROSS / 2];
  [thickness.value, shade.value] = USUAL[way];
  find("shades").hidden = way !== "fashion";

  const message = () => ({ do: "draw", pixels: greys(pen, ACROSS, side), moved: moves.checked });

  function change() {
    find("undo").disabled = !strokes.canUndo();
    changed(message);
  }

  function rebase(act) {
    lift();
    act();
    moves.checked = !strokes.isPicture();
    canvas.classList.toggle("exact", strokes.isPicture());
  }

  function put(point) {
    if (isDown) strokes.extend(point);
    else strokes.begin(point, Number(thickness.value), erases ? 0 : Number(shade.value));
    isDown = true;
    change();
  }

  function lift() {
    if (isDown) changed(message, true);
    isDown = false;
  }

  function pointOf({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) * ACROSS) / box.width, ((clientY - box.top) * ACROSS) / box.height];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    lift();
    nib.hidden = true;
    canvas.setPointerCapture(event.pointerId);
    put(pointOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!isDown || !canvas.hasPointerCapture(event.pointerId)) return;
    const passed = event.getCoalescedEvents();
    for (const each of passed.length ? passed : [event]) put(pointOf(each));
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, lift);

  function showNib() {
    const size = (100 * Number(thickness.value)) / ACROSS;
    Object.assign(nib.style, { left: `${(100 * cursor[0]) / ACROSS}%`, top: `${(100 * cursor[1]) / ACROSS}%`, width: `${size}%`, height: `${size}%` });
    nib.dataset.down = isDown;
    nib.hidden = false;
  }

  function tell() {
    const [column, row] = cursor.map((each) => whole(Math.floor((each * 28) / ACROSS) + 1));
    find("draw-note").textContent = text(isDown ? "pen.down" : "pen.up", { column, row });
  }

  canvas.addEventListener("keydown", (event) => {
    const { key } = event;
    const known = key in ARROWS || key === " " || key === "Escape" || key === "Delete" || key.toLowerCase() === "z";
    if (!known || event.altKey) return;
    event.preventDefault();
    if (key in ARROWS) {
      const step = event.shiftKey ? FINE : STEP;
      cursor = cursor.map((each, i) => clamp(each + step * ARROWS[key][i], 0, ACROSS));
      if (isDown) put(cursor);
    } else if (key === " ") {
      if (isDown) lift();
      else put(cursor);
    } else if (key === "Escape") lift();
    else if (key === "Delete") find("clear").click();
    else find("undo").click();
    showNib();
    tell();
  });
  canvas.addEventListener("blur", () => {
    lift();
    nib.hidden = true;
  });

  function choose(eraser) {
    erases = eraser;
    find("pen").setAttribute("aria-pressed", String(!eraser));
    find("eraser").setAttribute("aria-pressed", String(eraser));
  }

  function act(done) {
    rebase(done);
    change();
  }

  find("pen").addEventListener("click", () => choose(false));
  find("eraser").addEventListener("click", () => choose(true));
  find("clear").addEventListener("click", () => act(strokes.clear));
  find("undo").addEventListener("click", () => strokes.canUndo() && act(strokes.undo));
  moves.addEventListener("change", change);
  find("undo").disabled = true;

  // Puts a grey picture of the run onto the canvas, as it is.
  async function putPicture(pixels, pictureSide) {
    const image = await createImageBitmap(imageOf(pixels, pictureSide, 1));
    rebase(() => strokes.put(image));
    find("undo").disabled = false;
  }

  return { putPicture, isDown: () => isDown };
}
