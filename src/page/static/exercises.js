// Exercises: a list, and a card for the open one. The process that trains says whether its goal is reached.

import { element, find } from "./dom.js";
import { openThose } from "./drawers.js";
import { createQuestion } from "./question.js";
import { text } from "./texts.js";
import { createVisit } from "./visit.js";

export function createExercises(send) {
  const all = JSON.parse(find("data").textContent).exercises ?? {};
  const names = Object.keys(all);
  const [button, place] = [find("exercises-open"), find("exercises")];
  const visit = createVisit();
  let card = null; // of the open exercise
  button.hidden = !names.length;
  button.addEventListener("click", () => show(place.hidden));
  count();

  const begin = (name, solution = false) => send({ do: "open", exercise: name, solution });

  function show(open) {
    place.hidden = !open;
    button.setAttribute("aria-expanded", open);
    if (open && !card) list();
  }

  function count() {
    const done = names.filter(visit.isDone).length;
    find("exercises-count").textContent = done ? text("exercises.done", { done, all: names.length }) : "";
  }

  function list() {
    card = null;
    const entries = names.map((name, i) => {
      const entry = press("exercise-entry", text("exercise.entry", { number: i + 1, title: all[name].title }), () => begin(name));
      if (visit.isDone(name)) entry.append(element("span", { class: "done" }, text("exercise.done")));
      return element("li", {}, entry);
    });
    fill(element("p", { class: "muted small" }, text("exercises.about")), element("ol", {}, ...entries));
  }

  // The button that was pressed goes away with what it belongs to; the focus stays here.
  function fill(...parts) {
    const held = place.contains(document.activeElement);
    place.replaceChildren(...parts);
    if (held) place.focus();
  }

  // Follows the open exercise, and notices when its goal is reached.
  function hear({ exercise, epoch, touched }) {
    if (!exercise || !all[exercise.name]) {
      if (card) list();
      return;
    }
    if (card?.name !== exercise.name) {
      card = createCard(exercise.name);
      if (all[exercise.name].change.includes("weights")) openThose(["hand"]);
      show(true);
    }
    if (exercise.done && !visit.isDone(exercise.name)) {
      visit.finish(exercise.name);
      count();
    }
    card.update(exercise, epoch > 0 || touched);
  }

  function createCard(name) {
    const number = names.indexOf(name);
    const told = all[name];
    const head = element("h2", {}, text("exercise.entry", { number: number + 1, title: told.title }));
    const ways = element("div", { class: "ways" });
    const leave = press("exercise-way", text("exercise.all"), () => send({ do: "leave" }), "exercise.all");
    const [before, after] = [-1, 1].map((by) => {
      const other = names[number + by];
      const way = press("exercise-way", text(by < 0 ? "exercise.before" : "exercise.after"), () => begin(other));
      way.disabled = other === undefined;
      return way;
    });
    ways.append(leave, before, after);
    const marks = told.solved.map(() => element("b"));
    const goals = told.solved.map((condition, i) => element("li", {}, worded(condition), " ", marks[i]));
    const verdict = element("p", { class: "verdict", role: "status" });
    const strayed = element("p", { class: "refused", hidden: "" });
    const question = createQuestion(told, visit.of(name), visit.keep, () => begin(name, true));
    const task = element(
      "div",
      { class: "task" },
      element("p", {}, told.text),
      element("h3", {}, element("span", { "data-help": "exercise.goal", tabindex: "0", role: "term" }, text("exercise.goal"))),
      element("ul", { class: "goals" }, ...goals),
      element("p", { class: "small muted" }, text("exercise.change", { settings: told.change.map(called).join(", ") })),
      strayed,
      element("p", { class: "entries" }, press("exercise-way", text("exercise.again"), () => begin(name), "exercise.again"), verdict),
    );
    fill(element("div", { class: "exercise-head" }, head, ways), task, question.element);

    function update({ met, done, strayed: wrong }, tried) {
      marks.forEach((mark, i) => (mark.textContent = met[i] ? text("goal.met") : ""));
      const line = wrong.length ? text("exercise.strayed", { settings: wrong.map(called).join(", ") }) : "";
      if (strayed.textContent !== line) strayed.textContent = line;
      strayed.hidden = !line;
      const said = text(done ? "exercise.solved" : visit.isDone(name) ? "exercise.solved.before" : "exercise.open");
      if (verdict.textContent !== said) verdict.textContent = said;
      verdict.dataset.done = done || visit.isDone(name);
      question.update(tried, visit.isDone(name));
    }

    return { name, update };
  }

  return { hear };
}

function press(kind, words, act, about = null) {
  const made = element("button", { type: "button", class: kind, ...(about && { "data-help": about }) }, words);
  made.addEventListener("click", act);
  return made;
}

const called = (key) => text(`set.${key}`);

function worded({ metric, at_least: least, at_most: most }) {
  const bounds = least === null ? "goal.most" : most === null ? "goal.least" : "goal.between";
  return text(bounds, { metric: text(`goal.${metric}`), least, most });
}
