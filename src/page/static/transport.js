// The controls of a live training: buttons, a timeline of its past epochs, and the keyboard.

import { find } from "./dom.js";
import { whole } from "./numbers.js";
import { text } from "./texts.js";

export function createTransport(send, player) {
  const [play, timeline, stops] = [find("play"), find("timeline"), find("stops")];
  const does = { fast: "fast", "epoch-on": "epoch", "step-on": "step", reset: "reset", "seed-new": "seed", save: "save", "test-show": "test" };
  play.addEventListener("click", player.toggle);
  for (const [id, what] of Object.entries(does)) find(id).addEventListener("click", () => player.ask(what));
  timeline.addEventListener("input", () => player.seek(Number(timeline.value)));
  stops.addEventListener("change", () => send({ do: "stop", solved: stops.checked }));
  document.addEventListener("keydown", (event) => listen(event, player));
  document.addEventListener("visibilitychange", () => document.hidden && player.pause());

  return ({ place, moments, moment, live, planned }) => {
    const last = moments.length - 1;
    timeline.max = last;
    timeline.value = place;
    timeline.disabled = last === 0;
    timeline.style.setProperty("--done", `${last ? (100 * place) / last : 0}%`);
    const within = moment.step ? "epoch.within" : "epoch.now";
    const now = text(within, { epoch: whole(moment.epoch), epochs: whole(planned), step: whole(moment.step), steps: whole(live.steps) });
    find("epoch").textContent = now;
    timeline.setAttribute("aria-valuetext", now);
    const going = live.mode !== "paused";
    play.dataset.playing = going;
    find("play-text").textContent = text(going ? "pause" : live.epoch ? "go.on" : "train");
    play.disabled = !going && (live.ended || live.diverged);
    for (const id of ["fast", "epoch-on", "step-on"]) find(id).disabled = live.ended || live.diverged || live.mode === "fast";
    stops.checked = live.stops;
    find("save").disabled = live.epoch === 0;
    find("test-show").disabled = going || moment.scores.test !== undefined;
    find("test-count").textContent = live.tests ? text(live.tests === 1 ? "test.once" : "test.often", { times: live.tests }) : "";
  };
}

// Moves through the past epochs, and requests more.
export function createLivePlayer(send, moments, now, change) {
  const follow = () => change({ place: null });
  const going = () => now().mode !== "paused";
  return {
    ask(what) {
      follow();
      send({ do: what });
    },
    edit: (way) => send({ do: "points", way }),
    pause: () => going() && send({ do: "pause" }),
    toggle() {
      if (!going()) follow();
      send({ do: going() ? "pause" : "play" });
    },
    seek(to) {
      if (going()) send({ do: "pause" });
      change({ place: to >= moments.length - 1 ? null : Math.max(0, to) });
    },
  };
}

const KEYS = {
  " ": (player) => player.toggle(),
  ArrowRight: (player) => player.ask("epoch"),
  r: (player) => player.ask("reset"),
  f: (player) => player.ask("fast"),
  z: (player, event) => player.edit(event.shiftKey ? "redo" : "undo"),
};

// Keys that the focused element needs itself are left to it.
function listen(event, player) {
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const own = event.target.closest("input, select, textarea, button, summary, [data-own-keys]");
  if (own && !(["BUTTON", "SUMMARY"].includes(own.tagName) && event.key !== " ")) return;
  event.preventDefault();
  act(player, event);
}
