// The loss over two weights as a map, from the process that trains, and the path that training takes on it.

import { decode } from "./arrays.js";
import { createBox, drawAxes } from "./axes.js";
import { traceLevel } from "./contour.js";
import { element, find, prepared } from "./dom.js";
import { clamp, written } from "./numbers.js";
import { createPicture } from "./plane.js";
import { text } from "./texts.js";
import { createChoice, createWeights } from "./weights.js";

const LEVELS = 9; // lines of equal loss
const OFTEN = 400; // milliseconds between two questions
const SHARE = 10; // and at least this many times as long as the last answer took
const LEAST = 1.5; // room around the path, in weights
const FARTHEST = 1e4;
const ROOM = { left: 46, right: 10, top: 10, bottom: 38 };

export function createLandscape(scene, model, palette, change, send, ask) {
  const weights = createWeights(scene, model.network);
  const [drawer, canvas] = [find("landscape"), find("landscape-map")];
  let places = [0, 1];
  const choices = [0, 1].map((i) => createChoice(weights, text(i ? "landscape.up" : "landscape.across"), (at) => choose(i, at)));
  const labels = choices.map(({ element: list }, i) => element("span", { class: "entry" }, element("span", { class: "key", "aria-hidden": "true" }, text(i ? "landscape.up" : "landscape.across")), list));
  find("landscape-choice").replaceChildren(...labels);
  let [bounds, box, shown, picture, asked, timer] = [null, null, null, null, null, null];
  let [when, rest, answer] = [0, 0, null]; // of the last question
  drawer.ontoggle = () => change(({ size }) => ({ size: size + 1 }));
  canvas.onclick = (event) => put(event);

  function choose(i, at) {
    places = places[1 - i] === at ? [places[1], places[0]] : places.map((each, k) => (k === i ? at : each));
    bounds = null;
    change({});
  }

  function put({ clientX, clientY }) {
    if (!box) return;
    const { left, top } = canvas.getBoundingClientRect();
    const values = [box.valueX(clientX - left), box.valueY(clientY - top)].map((value, i) => clamp(value, bounds[2 * i], bounds[2 * i + 1]));
    send({ do: "weights", edit: { set: places.map((at, i) => [at, Number(values[i].toFixed(2))]) } });
  }

  // Bounds around a path, which stay while it neither leaves them nor is lost in them.
  function fitted(path) {
    const ranges = [0, 1].map((i) => path.reduce(([low, high], point) => [Math.min(low, point[i]), Math.max(high, point[i])], [Infinity, -Infinity]));
    const fits = bounds && ranges.every(([low, high], i) => low >= bounds[2 * i] && high <= bounds[2 * i + 1]);
    if (fits) return bounds;
    return ranges.flatMap(([low, high]) => {
      const pad = Math.max(LEAST, 0.5 * (high - low));
      return [clamp(Math.floor(low - pad), -FARTHEST, FARTHEST - 1), clamp(Math.ceil(high + pad), 1 - FARTHEST, FARTHEST)];
    });
  }

  function inquire(view) {
    const wanted = `${view.latest.hash} ${places} ${bounds} ${scene.rows_hash}`;
    if (asked === wanted || timer || rest === Infinity) return;
    const wait = when + rest - performance.now();
    if (wait > 0) {
      timer = setTimeout(() => {
        timer = null;
        change({});
      }, wait);
      return;
    }
    [asked, when, rest] = [wanted, performance.now(), Infinity];
    ask({ do: "landscape", places, window: bounds });
  }

  function paint(map, view) {
    const { pen, width, height } = prepared(canvas, view.size);
    if (!width) return;
    box = createBox(width, height, map.window, ROOM);
    const heights = Float64Array.from(decode({ type: "float32", bytes: map.losses }), (loss) => Math.log(Math.max(loss, 1e-12)));
    const finite = heights.filter(Number.isFinite);
    const side = Math.sqrt(heights.length);
    const low = finite.reduce((least, each) => Math.min(least, each), Infinity);
    const high = finite.reduce((most, each) => Math.max(most, each), -Infinity);
    picture ??= createPicture(side);
    const paper = palette.shadeOf("--paper");
    const deep = palette.shadeOf("--accent");
    picture.show(pen, box, (pixels) =>
      heights.forEach((each, i) => {
        const share = Number.isFinite(each) ? 0.75 * (1 - (each - low) / (high - low || 1)) ** 2 : 0;
        for (let c = 0; c < 3; c++) pixels[4 * i + c] = 255 * (paper[c] + share * (deep[c] - paper[c]));
        pixels[4 * i + 3] = 255;
      }),
    );
    pen.globalAlpha = 0.35;
    const levels = Array.from({ length: LEVELS }, (_, i) => ({ values: heights, level: low + ((high - low) * (i + 0.5)) / LEVELS }));
    picture.outline(pen, box, levels, palette.variable("--ink"), 1);
    pen.globalAlpha = 1;
    drawAxes(pen, box, palette, ...places.map((at) => ({ name: weights.nameOf(at), mean: 0, scale: 1 })));
    return { heights, low, side };
  }

  function paintPath(path) {
    const pen = canvas.getContext("2d");
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top, box.width, box.height);
    pen.clip();
    pen.strokeStyle = pen.fillStyle = palette.variable("--ink");
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.beginPath();
    for (const [x, y] of path) pen.lineTo(box.x(x), box.y(y));
    pen.stroke();
    const [[x0, y0]] = path;
    const [x, y] = path[path.length - 1];
    pen.beginPath();
    pen.arc(box.x(x0), box.y(y0), 4, 0, 7);
    pen.fillStyle = palette.variable("--paper");
    pen.fill();
    pen.stroke();
    pen.beginPath();
    pen.arc(box.x(x), box.y(y), 5.5, 0, 7);
    pen.fillStyle = palette.variable("--ink");
    pen.fill();
    pen.restore();
  }

  function describe({ heights, low, side }, map, view) {
    const at = heights.indexOf(low);
    const values = [at % side, Math.floor(at / side)].map((step, i) => map.window[2 * i] + ((map.window[2 * i + 1] - map.window[2 * i]) * step) / (side - 1));
    const where = places.map((place, i) => `${weights.nameOf(place)} = ${written(values[i])}`).join(", ");
    const line = text(weights.size > 2 ? "landscape.here" : "landscape.all", { loss: written(view.latest.scores.train.loss), low: written(Math.exp(low)), where });
    if (find("landscape-note").textContent !== line && view.live.mode === "paused") find("landscape-note").textContent = line;
    canvas.setAttribute("aria-label", line);
  }

  return (view) => {
    if (!drawer.open) return;
    choices.forEach((choice, i) => choice.show(places[i]));
    const path = view.moments.slice(0, view.place + 1).map((moment) => places.map((at) => model.weightsOf(moment)[at]));
    if (!path.every((point) => point.every(Number.isFinite))) return;
    bounds = fitted(path);
    if (view.landscape && view.landscape !== answer) [answer, rest] = [view.landscape, Math.max(OFTEN, SHARE * (performance.now() - when))];
    inquire(view);
    const map = view.landscape;
    if (!map || map.places.join() !== places.join()) return;
    const now = `${map.losses.length} ${view.size} ${view.dark} ${path.length} ${path[path.length - 1]}`;
    if (shown?.map === map && shown.now === now) return;
    shown = { map, now };
    const painted = paint(map, view);
    if (!painted) return;
    paintPath(path);
    describe(painted, map, view);
  };
}
