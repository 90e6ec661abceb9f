// The classes with their colours and markers.

import { drawn, element, find } from "./dom.js";
import { text } from "./texts.js";

// The marker of a class, as in the plot.
export function markerOf({ look }, label) {
  const marker = drawn("svg", { viewBox: "-1.5 -1.5 3 3", class: "marker", "aria-hidden": "true" });
  const d = look.markers[label % look.markers.length];
  marker.append(drawn("path", { d, fill: look.classes[label], transform: "scale(1 -1)" }));
  return marker;
}

export function createLegend(scene, change) {
  const entries = scene.classes.map((name, label) => element("span", { class: "entry" }, markerOf(scene, label), name));
  const rings = element("input", { type: "checkbox", id: "rings" });
  rings.checked = true;
  rings.addEventListener("change", () => change({ rings: rings.checked }));
  const mistakes = element("label", { class: "entry", "data-help": "mistakes" }, rings, text("mistakes"));
  find("legend").replaceChildren(...entries, mistakes);
}
