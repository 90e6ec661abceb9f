// The current view, and a way to change it; the page is drawn once for all changes between two screen frames.

import { find } from "./dom.js";

export function createView(first, show, watched = ["plot", "diagram", "curves"]) {
  let state = first;
  let waiting = false;
  let shown = 0;

  function change(news) {
    state = { ...state, ...(typeof news === "function" ? news(state) : news) };
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show(state);
      document.body.dataset.shown = ++shown;
    });
  }

  const watcher = new ResizeObserver(() => change(({ size }) => ({ size: size + 1 })));
  for (const id of watched) watcher.observe(find(id));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => change({}));
  return change;
}
