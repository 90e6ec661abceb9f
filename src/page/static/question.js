// What to predict before training: choices, and the answer, which is shown when training has been tried.

import { element } from "./dom.js";
import { text } from "./texts.js";

export function createQuestion({ question, choices, right, answer }, memory, keep, solve) {
  const picks = choices.map((choice, i) => {
    const pick = element("input", { type: "radio", name: "prediction" });
    pick.checked = memory.predicted === i;
    pick.addEventListener("change", () => {
      memory.predicted = i;
      keep();
      refresh();
    });
    return pick;
  });
  const marks = choices.map(() => element("b", { class: "small" }));
  const rows = choices.map((choice, i) => element("label", { class: "entry" }, picks[i], element("span", {}, choice), " ", marks[i]));
  const reveal = element("button", { type: "button", class: "exercise-way", "data-help": "exercise.reveal" }, text("exercise.reveal"));
  reveal.addEventListener("click", () => {
    memory.revealed = true;
    keep();
    refresh();
  });
  const solution = element("button", { type: "button", class: "exercise-way", "data-help": "exercise.solution" }, text("exercise.solution"));
  solution.addEventListener("click", solve);
  const told = element("p", { "aria-live": "polite" });
  const set = element("fieldset", { class: "question" }, element("legend", {}, text("exercise.predict")), element("p", {}, question), element("div", { class: "entries" }, ...rows));
  let [tried, done] = [false, false];

  function refresh() {
    const shown = Boolean(memory.revealed || (done && memory.predicted !== undefined));
    for (const [i, pick] of picks.entries()) {
      pick.disabled = shown;
      marks[i].textContent = !shown ? "" : choices[i] === right ? text("exercise.right") : memory.predicted === i ? text("exercise.wrong") : "";
      rows[i].dataset.right = shown && choices[i] === right;
    }
    const words = shown ? answer : text(memory.predicted === undefined ? "exercise.first" : tried ? "exercise.now" : "exercise.then");
    if (told.textContent !== words) told.textContent = words;
    told.classList.toggle("muted", !shown);
    reveal.hidden = shown;
    reveal.disabled = memory.predicted === undefined || !tried;
    solution.hidden = !shown;
  }

  function update(nowTried, nowDone) {
    [tried, done] = [tried || nowTried, nowDone];
    refresh();
  }

  return { element: element("div", {}, set, told, element("p", { class: "entries" }, reveal, solution)), update };
}
