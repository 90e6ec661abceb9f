// What a network begins with: the inputs, or functions of them.

import { createNetwork } from "./forward.js";
import { text } from "./texts.js";
import { rangeOf, scaled } from "./units.js";

// The name of each, and its values at some points as -1 to 1: 0 is the middle of an input, and 0 of a function.
export function createInputs({ layers: [first], inputs }, points) {
  const { names } = first.kind === "derived" ? first : { names: ["x1", "x2"].slice(0, inputs.length) };
  const { outputs } = createNetwork([{ kind: "derived", names }], inputs.length).run([], points);
  const [x1, x2] = inputs.map(({ name }) => name);
  return names.map((name, column) => {
    const values = outputs.filter((_, at) => at % names.length === column);
    const [low, high] = rangeOf([values]);
    const neutral = name in { x1, x2 } ? (low + high) / 2 : 0;
    const scale = { neutral, reach: Math.max(high - neutral, neutral - low) };
    return { name: text(`input.${name}`, { x1, x2 }), values: scaled(values, scale) };
  });
}
