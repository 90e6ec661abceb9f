// A live training, over a socket: the same parts as for a finished one, and the controls that change it.

import { createAddress } from "./address.js";
import { createChannel } from "./channel.js";
import { find } from "./dom.js";
import { createDownloads } from "./downloads.js";
import { dress } from "./dress.js";
import { createEditing } from "./editing.js";
import { createExercises } from "./exercises.js";
import { inNotebook } from "./fragment.js";
import { createGhost, createGhostButton } from "./ghost.js";
import { createHand } from "./hand.js";
import { createHints } from "./hints.js";
import { whole } from "./numbers.js";
import { createLandscape } from "./landscape.js";
import { addMoment, addRows } from "./moments.js";
import { createNextStep } from "./next-step.js";
import { isDark } from "./palette.js";
import { createParts } from "./parts.js";
import { createSettings } from "./settings.js";
import { createSocket } from "./socket.js";
import { createStarts } from "./starts.js";
import { fillTexts, text } from "./texts.js";
import { createLivePlayer, createTransport } from "./transport.js";
import { createView } from "./view.js";

const RENEWED = ["probe", "threshold", "threshold-own"]; // replaced with the parts, so that nothing listens to them twice
const ANSWERS = ["next_step", "landscape"]; // to questions of drawers
const FIRST = { place: null, chosen: null, moved: null, probe: null, unit: null, cell: null, rings: true, tool: "look", weight: null, ghost: null, next_step: null, landscape: null, size: 0 };

start();

function start() {
  fillTexts(document);
  createHints();
  let shown = null; // the current scene, its number, its moments and its parts
  let live = { mode: "paused", epoch: 0, steps: 1, frozen: [] };
  let unseen = 0;
  let received = 0; // messages
  const moments = [];

  const change = createView(FIRST, (state) => {
    if (shown) show(state);
    for (; unseen > 0; unseen--) send({ do: "seen" });
  });
  const send = (inNotebook ? createChannel : createSocket)(receive, () => tell("lost"));
  const player = createLivePlayer(send, moments, () => live, change);
  const settings = createSettings(send);
  const exercises = createExercises(send);
  const transport = createTransport(send, player);
  const starts = createStarts(send, change);
  const address = createAddress(send, tell);
  const ghostButton = createGhostButton(change);

  function receive(message) {
    received += 1;
    if (message.type === "hello") arrive();
    else if (message.type === "scene") begin(message);
    else if (message.type === "frame") add(message);
    else if (message.type.startsWith("starts")) hearOfStarts(message);
    else if (message.type === "refused") refuse(message);
    else if (ANSWERS.includes(message.type)) change({ [message.type]: message });
    else if (message.type === "saving") tell("saving");
    else if (message.type === "saved") tell(message.same ? "saved" : "saved.other", message);
    else if (message.type === "diverged") diverge(message);
    else if (message.type === "full") tell("full", { most: message.most });
    change({});
  }

  function arrive() {
    settings.forget();
    starts.arrive();
  }

  function createMore(scene, model, plot, palette) {
    const { number } = shown;
    const ask = (message) => send({ ...message, of: number });
    shown.model = model;
    return [
      createEditing(scene, model, plot, change, send),
      createDownloads(scene, model, palette),
      createHand(scene, model, plot, change, send),
      createNextStep(scene, model, change, ask),
      createLandscape(scene, model, palette, change, send, ask),
    ];
  }

  function begin({ number, heard, scene, controls, values, state }) {
    live = state;
    const goesOn = state.epoch > 0 && shown && shown.scene.layers.length === scene.layers.length && shown.scene.title === scene.title;
    const before = goesOn ? moments.filter(({ epoch, step }) => epoch < state.epoch && !step) : [];
    moments.splice(0, moments.length, ...before, ...scene.frames);
    Object.assign(scene, { live: true, planned: scene.epochs });
    addRows(scene, []);
    const first = !shown || shown.number !== number;
    const sameClasses = shown?.scene.classes.join() === scene.classes.join();
    for (const id of RENEWED) find(id).replaceWith(find(id).cloneNode(true));
    dress(scene);
    document.title = text("title.live", { title: scene.title });
    find("title").textContent = scene.title;
    find("facts").textContent = text("facts.live", { parameters: whole(scene.parameters) });
    shown = { number, scene, values };
    shown.parts = createParts(scene, moments, player, change, (...made) => createMore(scene, ...made));
    settings.update(controls, values, heard);
    find("tools").hidden = scene.locked;
    const splits = Object.keys(scene.splits);
    change(({ chosen, tool }) => ({ next_step: null, landscape: null, unit: null, cell: null, rings: true, place: null, chosen: splits.includes(chosen) ? chosen : splits.includes("val") ? "val" : "train", tool: sameClasses ? tool : "look", ...(first ? { moved: null } : {}) }));
    hear(state);
    starts.begins({ values, scene });
    address.begin(values, state, scene.frames[0]);
  }

  function add({ number, frame, rows, state }) {
    unseen += 1;
    if (!shown || shown.number !== number) return;
    live = state;
    addMoment(moments, frame);
    addRows(shown.scene, rows);
    hear(state);
    address.frame(frame, state);
  }

  function hearOfStarts(message) {
    if (message.type === "starts") unseen += 1;
    starts.receive(message);
  }

  function diverge({ line, state }) {
    live = state;
    exercises.hear(state);
    tellLine(line);
  }

  function refuse({ key, line, values, heard }) {
    if (!settings.refuse(key, line, values, heard)) tellLine(line);
  }

  function show(state) {
    const { scene, parts, model, values } = shown;
    const place = state.place === null ? moments.length - 1 : Math.min(state.place, moments.length - 1);
    const view = {
      ...state,
      scene,
      live,
      moments,
      place,
      planned: scene.planned,
      playing: live.mode !== "paused",
      moment: moments[place],
      received,
      latest: moments[moments.length - 1],
      values,
      kept: state.ghost,
      ghost: state.ghost?.fits(scene) ? state.ghost : null,
      present: () => createGhost(scene, model, moments, values),
      split: state.chosen in moments[place].scores || state.chosen !== "test" ? state.chosen : "val" in scene.splits ? "val" : "train",
      threshold: state.moved ?? scene.threshold,
      temperature: 1,
      dark: isDark(),
    };
    for (const update of [transport, starts.update, ghostButton, ...parts]) update(view);
    find("command-line").hidden = !live.command;
    find("command").textContent = live.command ?? "";
    find("no-command").textContent = live.command ? "" : text(live.touched ? "command.touched" : "command.none");
    document.body.dataset.hash = moments[moments.length - 1].hash;
    document.body.dataset.rows = scene.rows_hash;
    document.body.dataset.epoch = live.epoch;
    document.body.dataset.mode = live.mode;
  }

  function hear(state) {
    exercises.hear(state);
    if (state.said) tell(state.said.key, state.said);
    else if (state.mode !== "paused") tellLine("");
  }

  function tell(key, values = {}) {
    tellLine(text(`news.${key}`, values));
  }

  function tellLine(line) {
    find("news").textContent = line;
    find("news").hidden = !line;
  }
}
