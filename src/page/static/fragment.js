// The scene that the page is to open: in a window of its own it is part of the address, in a notebook it was handed over.

import { find } from "./dom.js";

export const inNotebook = window.parent !== window;

const asked = JSON.parse(find("data").textContent).fragment ?? document.location.hash.slice(1);

export const askedFor = () => new URLSearchParams(asked);

// A page in a notebook has no address of its own.
export function putInAddress(parts) {
  if (!inNotebook) window.history.replaceState(null, "", `#${parts}`);
}
