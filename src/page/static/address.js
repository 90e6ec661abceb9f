// The scene in the address: opened elsewhere, the page repeats the training and says how close the weights are.

import { decode } from "./arrays.js";
import { openDrawers, openThose, watchDrawers } from "./drawers.js";

const SAMPLE = 24; // weights that the address holds, evenly spaced
const DIGITS = 7;
const CLOSE = 5e-5; // equal to four digits

export function createAddress(send, tell) {
  const asked = read(document.location.hash);
  let opened = !asked;
  let values = {};
  let written = null;
  openThose((new URLSearchParams(document.location.hash.slice(1)).get("open") ?? "").split(","));
  watchDrawers(() => written && put(written));

  function begin(now, state, frame) {
    values = now;
    if (!opened) {
      opened = true;
      send({ do: "open", exercise: asked.exercise, values: asked.values, epochs: asked.epoch });
    } else if (state.mode === "paused") {
      write(frame, state);
    }
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
    window.history.replaceState(null, "", `#${parts}`);
  }

  return { begin, frame };
}

// What an address requests; the process that trains checks it.
function read(hash) {
  const parts = new URLSearchParams(hash.slice(1));
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
  return found.exercise || "experiment" in found.values ? found : null;
}

function sampled({ weights }) {
  const all = decode({ type: "float32", bytes: weights });
  const step = Math.max(1, Math.floor(all.length / SAMPLE));
  return Array.from(all).filter((_, place) => place % step === 0).slice(0, SAMPLE);
}
