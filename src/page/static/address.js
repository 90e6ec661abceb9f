// The scene in the address: opened elsewhere, the page repeats the training and says how close the weights are.

import { decode } from "./arrays.js";
import { openDrawers, openThose, watchDrawers } from "./drawers.js";
import { askedFor, putInAddress } from "./fragment.js";
import { createSwitches } from "./switches.js";

const SAMPLE = 24; // weights that the address holds, evenly spaced
const DIGITS = 7;
const CLOSE = 5e-5; // equal to four digits

export function createAddress(send, tell) {
  const parts = askedFor();
  const switches = createSwitches(parts);
  const { asked, unknown } = read(parts);
  let begun = false;
  let values = {};
  let written = null;
  openThose((askedFor().get("open") ?? "").split(","));
  watchDrawers(() => written && put(written));

  function begin(now, state, frame) {
    values = now;
    const opening = !begun && asked;
    if (!begun) start();
    if (!opening && state.mode === "paused") write(frame, state);
  }

  function start() {
    begun = true;
    if (asked) send({ do: "open", exercise: asked.exercise, values: asked.values, epochs: asked.epoch });
    if (switches.locks.length) send({ do: "lock", names: switches.locks });
    if (unknown) tell("unknown", { name: unknown });
    else if (switches.unknown.length) tell("unknown.part", { name: switches.unknown[0], parts: switches.known.join(", ") });
  }

  // The address does not change during training, since browsers only allow a few changes of it.
  function frame(now, state) {
    if (state.mode !== "paused") return;
    if (asked && now.epoch === asked.epoch && now.step === 0 && asked.hash && !state.touched) {
      compare(now);
      asked.hash = "";
    }
    write(now, state);
  }

  function compare(now) {
    const here = sampled(now);
    const far = asked.weights.length !== here.length || here.some((weight, i) => !(Math.abs(weight - asked.weights[i]) <= CLOSE * Math.max(1, Math.abs(weight))));
    tell(now.hash === asked.hash ? "identical" : far ? "different" : "close", { epoch: now.epoch });
  }

  function write(now, state) {
    const parts = new URLSearchParams();
    if (state.exercise) parts.set("exercise", state.exercise.name);
    for (const [key, value] of Object.entries(values)) parts.set(key, JSON.stringify(value));
    if (now.epoch && !now.step && !state.touched) {
      parts.set("epoch", now.epoch);
      parts.set("hash", now.hash);
      parts.set("weights", sampled(now).map((weight) => Number(weight.toPrecision(DIGITS))).join());
    }
    put(parts);
  }

  function put(parts) {
    written = parts;
    parts.set("open", openDrawers().join());
    if (!parts.get("open")) parts.delete("open");
    switches.putInto(parts);
    putInAddress(parts);
  }

  return { begin, frame };
}

// What an address requests; the process that trains checks it.
function read(parts) {
  const epoch = Number(parts.get("epoch") ?? 0);
  const found = { exercise: parts.get("exercise"), hash: parts.get("hash") ?? "", epoch, weights: (parts.get("weights") ?? "").split(",").map(Number), values: {} };
  for (const key of ["exercise", "epoch", "hash", "weights", "open"]) parts.delete(key);
  for (const [key, value] of parts) {
    try {
      found.values[key] = JSON.parse(value);
    } catch {
      found.values[key] = value;
    }
  }
  if (found.exercise || "experiment" in found.values) return { asked: found };
  return { asked: null, unknown: Object.keys(found.values)[0] };
}

function sampled({ weights }) {
  const all = decode({ type: "float32", bytes: weights });
  const step = Math.max(1, Math.floor(all.length / SAMPLE));
  return Array.from(all).filter((_, place) => place % step === 0).slice(0, SAMPLE);
}
