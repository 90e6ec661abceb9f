// The player's controls: buttons, the timeline, and the keyboard.

import { find } from "./dom.js";
import { whole } from "./numbers.js";
import { text } from "./texts.js";

export function createControls(player, moments) {
  const [play, timeline] = [find("play"), find("timeline")];
  timeline.max = moments.length - 1;
  play.addEventListener("click", player.toggle);
  find("back").addEventListener("click", () => player.step(-1));
  find("forward").addEventListener("click", () => player.step(1));
  timeline.addEventListener("input", () => player.seek(Number(timeline.value)));
  find("speed").addEventListener("change", (event) => player.setSpeed(Number(event.target.value)));
  document.addEventListener("keydown", (event) => listen(event, player));
  document.addEventListener("visibilitychange", () => document.hidden && player.pause());

  return ({ place, playing, moment, scene }) => {
    const epochs = { epoch: whole(moment.epoch), epochs: whole(scene.epochs) };
    const now = text(moment.kept ? "epoch.kept" : "epoch.now", epochs);
    timeline.value = place;
    timeline.setAttribute("aria-valuetext", now);
    timeline.style.setProperty("--done", `${(100 * place) / Math.max(1, moments.length - 1)}%`);
    find("epoch").textContent = now;
    play.dataset.playing = playing;
    find("play-text").textContent = text(playing ? "pause" : place === moments.length - 1 ? "again" : "play");
    find("back").disabled = place === 0;
    find("forward").disabled = place === moments.length - 1;
  };
}

const KEYS = {
  " ": (player) => player.toggle(),
  ArrowLeft: (player) => player.step(-1),
  ArrowRight: (player) => player.step(1),
  Home: (player) => player.first(),
  End: (player) => player.last(),
};

// Keys that the focused element needs itself are left to it.
function listen(event, player) {
  const act = KEYS[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const own = event.target.closest("input, select, textarea, button, [data-own-keys]");
  const needed = event.key === " " ? own && own.id !== "timeline" : own && own.tagName !== "BUTTON" && own.id !== "timeline";
  if (needed) return;
  event.preventDefault();
  act(player);
}
