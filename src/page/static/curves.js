// Loss and score over the epochs, with the current moment marked; a click goes to a moment.

import { createBox, drawAxes, small } from "./axes.js";
import { element, find, prepared, whenChanged } from "./dom.js";
import { text } from "./texts.js";

const ROOM = { left: 46, right: 12, top: 22, bottom: 26 };

export function createCurves(scene, palette, moments, player) {
  const { epochs, curves } = scene.history.epochs.length ? begunWith(moments[0], scene.history) : fromMoments(moments, scene);
  const metrics = [...new Set(Object.keys(curves).map((name) => name.split("/")[1]))];
  const panels = metrics.map((metric) => {
    const canvas = element("canvas", { role: "img", "aria-label": text("curve", { metric: text(`metric.${metric}`) }) });
    const lines = Object.entries(curves).filter(([name]) => name.endsWith(`/${metric}`));
    const panel = { metric, canvas, lines: lines.map(([name, values]) => ({ stage: name.split("/")[0], values })), box: null };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      seek(event, panel);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && seek(event, panel));
    return panel;
  });
  find("curves").replaceChildren(...panels.map((panel) => panel.canvas));
  find("stages").replaceChildren(...stages());

  function seek(event, { canvas, box }) {
    const epoch = box.valueX(event.clientX - canvas.getBoundingClientRect().left);
    const far = (moment) => Math.abs(moment.epoch - epoch);
    const nearest = moments.reduce((best, moment, place) => (far(moment) < far(moments[best]) ? place : best), 0);
    player.seek(nearest);
  }

  function stages() {
    const known = [...new Set(panels.flatMap(({ lines }) => lines.map(({ stage }) => stage)))];
    return known.map((stage) => {
      const dash = element("i", { class: "dash" });
      dash.style.background = scene.look.stages[stage];
      return element("span", { class: "entry" }, dash, text(`split.${stage}`));
    });
  }

  return whenChanged(["moment", "size", "dark", "ghost"], (view) => {
    for (const panel of panels) draw(panel, view);
  });

  function draw(panel, { moment, size, ghost }) {
    const { pen, width, height } = prepared(panel.canvas, size);
    const before = ghost ? panel.lines.map(({ stage }) => ghost.history.curves[`${stage}/${panel.metric}`] ?? []) : [];
    const values = [...panel.lines.map((line) => line.values), ...before].flat().filter((value) => value !== null);
    const [low, high] = range(values, panel.metric);
    const last = Math.max(1, scene.epochs, ...(ghost?.history.epochs.slice(-1) ?? []));
    const box = (panel.box = createBox(width, height, [0, last, low, high], ROOM));
    const plain = { name: "", mean: 0, scale: 1 };
    drawAxes(pen, box, palette, plain, plain);
    pen.font = small(600);
    pen.textAlign = "left";
    pen.textBaseline = "bottom";
    pen.fillStyle = palette.variable("--ink");
    pen.fillText(text(`metric.${panel.metric}`), box.left, box.top - 6);
    rule(pen, box, scene.best_epoch, palette.variable("--muted"), [2, 4]);
    rule(pen, box, moment.epoch, palette.variable("--ink"), []);
    for (const values of before) trace(pen, box, ghost.history.epochs, values, palette.variable("--muted"));
    for (const { stage, values } of panel.lines) {
      trace(pen, box, epochs, values, scene.look.stages[stage]);
      pen.fillStyle = scene.look.stages[stage];
      const at = epochs.findLastIndex((epoch, i) => epoch <= moment.epoch && values[i] !== null);
      if (at < 0 || values[at] < box.extent[2]) continue;
      pen.beginPath();
      pen.arc(box.x(epochs[at]), box.y(values[at]), 4, 0, 7);
      pen.fill();
    }
  }
}

function trace(pen, box, epochs, values, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.8;
  pen.lineJoin = "round";
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.width, box.height);
  pen.clip();
  pen.beginPath();
  epochs.forEach((epoch, i) => values[i] !== null && pen.lineTo(box.x(epoch), box.y(values[i])));
  pen.stroke();
  pen.restore();
}

function rule(pen, box, epoch, colour, dashes) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.setLineDash(dashes);
  pen.beginPath();
  pen.moveTo(box.x(epoch), box.top);
  pen.lineTo(box.x(epoch), box.top + box.height);
  pen.stroke();
  pen.setLineDash([]);
}

function range(values, metric) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (metric === "loss") low = Math.min(0, low);
  if (metric === "accuracy" || metric === "r2") high = Math.max(1, high);
  if (metric === "r2") low = Math.max(low, -1);
  const margin = 0.04 * (high - low || 1);
  return [low - margin, high + margin];
}

// The curves of the epochs, with the scores before the first epoch.
function begunWith({ epoch, scores }, history) {
  if (history.epochs[0] <= epoch) return history;
  const before = (name) => scores[name.split("/")[0]]?.[name.split("/")[1]] ?? null;
  const curves = Object.entries(history.curves).map(([name, values]) => [name, [before(name), ...values]]);
  return { epochs: [epoch, ...history.epochs], curves: Object.fromEntries(curves) };
}

function fromMoments(moments, scene) {
  const curves = Object.keys(moments[0].scores).filter((stage) => stage in scene.splits).map((stage) => [`${stage}/loss`, moments.map(({ scores }) => scores[stage].loss)]);
  return { epochs: moments.map((moment) => moment.epoch), curves: Object.fromEntries(curves) };
}
