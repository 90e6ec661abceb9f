// Hidden units: which ones are shown, and how their activations become colours.

import { clamp } from "./numbers.js";

// Activations scaled to -1 to 1, with 0 for a neutral unit.
export const scaled = (values, { neutral, reach }) =>
  values.map((value) => clamp((value - neutral) / Math.max(reach, 1e-6), -1, 1));

// For each hidden layer, the units shown, `most` at most, and their scales, which fit all the given moments.
export function surveyUnits(model, moments, points, most) {
  const { hidden } = model.network;
  const all = hidden.map(({ units }) => Array.from({ length: units }, (_, unit) => unit));
  const said = moments.map((moment) => model.ask(moment, points, { temperature: 1, threshold: 0.5 }, all).said);
  return hidden.map(({ units }, layer) => {
    const ranges = all[layer].map((unit) => rangeOf(said.map((each) => each[layer][unit])));
    const within = ranges.every(([low, high]) => low > 0 && high <= 1);
    const neutral = within ? 0.5 : 0;
    const scales = ranges.map(([low, high]) => ({ neutral, reach: Math.max(high - neutral, neutral - low) }));
    const weights = model.weightsOf(moments[moments.length - 1]);
    const loudness = all[layer].map((unit) => {
      const [low, high] = rangeOf([said[said.length - 1][layer][unit]]);
      return outgoing(model.network.lines[layer + 1], weights, unit) * (high - low);
    });
    const shown = [...all[layer]].sort((a, b) => loudness[b] - loudness[a]).slice(0, most);
    shown.sort((a, b) => a - b);
    return { units, shown, scales };
  });
}

export function rangeOf(arrays) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

// How much a unit matters to the next layer.
function outgoing({ layer, start }, weights, unit) {
  let squares = 0;
  for (let o = 0; o < layer.outputs; o++) squares += weights[start + o * layer.inputs + unit] ** 2;
  return Math.sqrt(squares);
}
