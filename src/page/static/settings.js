// The settings: one field for each, in groups, with the lab's error message for a value that it refuses.

import { element, find } from "./dom.js";
import { createField } from "./fields.js";
import { text } from "./texts.js";

const GROUPS = {
  data: ["experiment", "data.noise", "data.label_noise", "data.num_train", "data.num_samples", "data.centers", "data.arms"],
  network: ["network.inputs", "network.hidden_dims", "network.activation", "head"],
};

const groupOf = (key) => Object.keys(GROUPS).find((group) => GROUPS[group].includes(key)) ?? "training";

export function createSettings(send) {
  const form = find("settings");
  let fields = {};
  let keys = "";
  form.addEventListener("submit", (event) => event.preventDefault());

  function build(controls) {
    fields = {};
    const groups = { data: [], network: [], training: [] };
    for (const control of controls) {
      const field = createField(control, (value) => send({ do: "set", values: { [control.key]: value } }));
      fields[control.key] = field;
      groups[groupOf(control.key)].push(field.element);
    }
    const usual = element("button", { type: "button", id: "usual", class: "plain", "data-help": "usual" }, text("usual"));
    usual.addEventListener("click", () => send({ do: "usual" }));
    groups.training.push(usual);
    const made = Object.entries(groups).map(([name, parts]) =>
      element("fieldset", {}, element("legend", {}, text(`settings.${name}`)), ...parts),
    );
    form.replaceChildren(...made);
  }

  // Shows the current values.
  function update(controls, values) {
    const now = controls.map(({ key }) => key).join();
    if (now !== keys) build(controls);
    keys = now;
    for (const { key } of controls) fields[key].show(values[key]);
  }

  // Shows next to a field why its value is refused; returns whether there is such a field.
  function refuse(key, line, values) {
    const field = fields[key] ?? fields[Object.keys(fields).find((each) => key.startsWith(each))];
    field?.refuse(line, values[key]);
    return Boolean(field);
  }

  return { update, refuse };
}
