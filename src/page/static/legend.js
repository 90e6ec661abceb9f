// The classes with their colours and markers.

import { element, find, drawn } from "./dom.js";

export function createLegend(scene) {
  const entries = scene.classes.map((name, label) => {
    const { classes, markers } = scene.look;
    const marker = drawn("svg", { viewBox: "-1.2 -1.2 2.4 2.4", class: "marker", "aria-hidden": "true" });
    marker.append(drawn("path", { d: markers[label % markers.length], fill: classes[label], transform: "scale(1 -1)" }));
    return element("span", { class: "entry" }, marker, name);
  });
  find("legend").replaceChildren(...entries);
}
