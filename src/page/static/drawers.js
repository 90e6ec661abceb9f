// Drawers: parts of the page that not everybody needs. The address says which are open, as in `open=starts`.

const all = () => [...document.querySelectorAll("details.drawer")];

export const openDrawers = () => all().filter(({ open }) => open).map(({ id }) => id);

export function openThose(names) {
  for (const drawer of all()) if (names.includes(drawer.id)) drawer.open = true;
}

// Calls `changed` whenever a drawer is opened or closed.
export function watchDrawers(changed) {
  for (const drawer of all()) drawer.addEventListener("toggle", changed);
}
