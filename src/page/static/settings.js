// The settings: one field for each, in groups, with the lab's error message for a value that it refuses.

import { element, find } from "./dom.js";
import { createField } from "./fields.js";
import { text } from "./texts.js";

export function createSettings(send) {
  const form = find("settings");
  const usual = element("button", { type: "button", id: "usual", class: "plain", "data-help": "usual" }, text("usual"));
  usual.addEventListener("click", () => send({ do: "usual" }));
  const groups = Object.fromEntries(["data", "network", "training"].map((name) => [name, createGroup(name)]));
  groups.training.append(usual);
  form.replaceChildren(...Object.values(groups));
  form.addEventListener("submit", (event) => event.preventDefault());
  const sent = {}; // by key, the number of the last message that has set it
  let fields = {};

  function createMember(control) {
    const field = createField(control, (value) => (sent[control.key] = send({ do: "set", values: { [control.key]: value } })));
    return { ...field, group: control.group, made: JSON.stringify(control) };
  }

  // Fields that stay are not moved, so that nobody loses the one in which they are typing.
  function build(controls) {
    const before = fields;
    fields = {};
    for (const control of controls) {
      const known = before[control.key];
      fields[control.key] = known?.made === JSON.stringify(control) ? known : createMember(control);
    }
    for (const [key, field] of Object.entries(before)) if (fields[key] !== field) field.element.remove();
    const next = { training: usual };
    for (const { element: made, group: name } of Object.values(fields).reverse()) {
      const follows = next[name] ?? null;
      if (made.parentElement === null || made.nextElementSibling !== follows) groups[name].insertBefore(made, follows);
      next[name] = made;
    }
  }

  const answered = (key, heard) => !(sent[key] > heard);

  // Shows the current values, except where a later one is on its way: `heard` is the last message that they answer.
  function update(controls, values, heard) {
    build(controls);
    usual.disabled = controls.some(({ locked }) => locked);
    find("seed-new").disabled = controls.some(({ key, locked }) => locked && key === "seed");
    for (const { key } of controls) if (answered(key, heard)) fields[key].show(values[key]);
  }

  // Shows next to a field why its value is refused; returns whether there is such a field.
  function refuse(key, line, values, heard) {
    const found = fields[key] ? key : Object.keys(fields).find((each) => key.startsWith(each));
    if (found && answered(found, heard)) fields[found].refuse(line, values[found]);
    return Boolean(found);
  }

  // After the connection was lost, nothing is on its way any more.
  function forget() {
    for (const key of Object.keys(sent)) delete sent[key];
  }

  return { update, refuse, forget };
}

function createGroup(name) {
  return element("fieldset", {}, element("legend", {}, text(`settings.${name}`)));
}
