// What a network begins with: the inputs, or functions of them.

import { createNetwork } from "./forward.js";
import { text } from "./texts.js";
import { rangeOf, scaled } from "./units.js";

const namesOf = ({ layers: [first], inputs }) => (first.kind === "derived" ? first.names : ["x1", "x2"].slice(0, inputs.length));

const written = (name, [x1, x2]) => text(`input.${name}`, { x1: x1.name, x2: x2?.name });

export const inputNames = (scene) => namesOf(scene).map((name) => written(name, scene.inputs));

// The name of each, and its values at some points as -1 to 1: 0 is the middle of an input, and 0 of a function.
export function createInputs(scene, points) {
  const names = namesOf(scene);
  const { outputs } = createNetwork([{ kind: "derived", names }], scene.inputs.length).run([], points);
  return names.map((name, column) => {
    const values = outputs.filter((_, at) => at % names.length === column);
    const [low, high] = rangeOf([values]);
    const neutral = ["x1", "x2"].includes(name) ? (low + high) / 2 : 0;
    const scale = { neutral, reach: Math.max(high - neutral, neutral - low) };
    return { name: written(name, scene.inputs), values: scaled(values, scale) };
  });
}
