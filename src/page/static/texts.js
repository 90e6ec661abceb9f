// All texts of the page, from one file that can be translated; {names} in it stand for values.

const TEXTS = JSON.parse(document.getElementById("texts").textContent);

export function text(key, values = {}) {
  return (TEXTS[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

// The help for a key, or nothing.
export const help = (key) => TEXTS[`help.${key}`];

// Fills elements that name their text, their label for screen readers, or their help.
export function fillTexts(root) {
  for (const each of root.querySelectorAll("[data-text]")) each.textContent = text(each.dataset.text);
  for (const each of root.querySelectorAll("[data-label]")) each.setAttribute("aria-label", text(each.dataset.label));
}
