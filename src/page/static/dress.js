// Colours and rules of the style that depend on what is shown.
export function dress(scene) {
  const root = document.documentElement;
  root.dataset.answer = scene.answer;
  for (const name of ["positive", "negative"]) root.style.setProperty(`--${name}`, scene.look[name]);
  root.style.setProperty("--figure-ink", scene.look.ink);
}
