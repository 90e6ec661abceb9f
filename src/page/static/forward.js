// The forward pass: rows in, outputs out. It reads the numbers that a network has learned and never changes them.

import { activation } from "./activations.js";

const BLOCK = 64; // rows at a time, so that a layer's numbers stay in the processor's cache

// A step takes a block of numbers, unit by unit (BLOCK rows of each), from one array to another.

function linear({ inputs, outputs }, start) {
  const biases = start + inputs * outputs;
  return {
    size: inputs * outputs + outputs,
    width: outputs,
    run(weights, from, to) {
      for (let o = 0; o < outputs; o++) {
        const first = start + o * inputs;
        const bias = weights[biases + o];
        for (let row = 0; row < BLOCK; row += 4) {
          let a = bias, b = bias, c = bias, d = bias;
          for (let i = 0, at = row; i < inputs; i++, at += BLOCK) {
            const weight = weights[first + i];
            a += weight * from[at];
            b += weight * from[at + 1];
            c += weight * from[at + 2];
            d += weight * from[at + 3];
          }
          const at = o * BLOCK + row;
          to[at] = a;
          to[at + 1] = b;
          to[at + 2] = c;
          to[at + 3] = d;
        }
      }
    },
  };
}

const FORMULAS = {
  x1: (a) => a,
  x2: (a, b) => b,
  x1_squared: (a) => a * a,
  x2_squared: (a, b) => b * b,
  x1_times_x2: (a, b) => a * b,
  sin_x1: (a) => Math.sin(a),
  sin_x2: (a, b) => Math.sin(b),
};

function derived({ names }) {
  return {
    size: 0,
    width: names.length,
    run(weights, from, to) {
      names.forEach((name, unit) => {
        for (let row = 0; row < BLOCK; row++) to[unit * BLOCK + row] = FORMULAS[name](from[row], from[BLOCK + row]);
      });
    },
  };
}

function affine({ units }, start) {
  return {
    size: 2 * units,
    width: units,
    run(weights, from, to) {
      for (let unit = 0; unit < units; unit++) {
        const scale = weights[start + unit];
        const shift = weights[start + units + unit];
        for (let at = unit * BLOCK; at < (unit + 1) * BLOCK; at++) to[at] = scale * from[at] + shift;
      }
    },
  };
}

function periodic({ inputs, frequencies, dims }, start, before) {
  const waves = inputs * frequencies;
  const phases = start + waves;
  const mixing = phases + waves;
  const biases = mixing + waves * dims;
  return {
    size: 2 * waves + waves * dims + inputs * dims,
    width: before + inputs * dims,
    run(weights, from, to) {
      to.set(from.subarray(0, before * BLOCK));
      for (let i = 0; i < inputs; i++) {
        for (let d = 0; d < dims; d++) {
          const out = (before + i * dims + d) * BLOCK;
          to.fill(weights[biases + i * dims + d], out, out + BLOCK);
          for (let k = i * frequencies; k < (i + 1) * frequencies; k++) {
            const weight = weights[mixing + k * dims + d];
            for (let row = 0; row < BLOCK; row++) {
              to[out + row] += weight * Math.cos(weights[start + k] * from[i * BLOCK + row] + weights[phases + k]);
            }
          }
        }
      }
    },
  };
}

const LAYERS = { derived, linear, affine, periodic };

function planned(layers, inputs) {
  const steps = [];
  let start = 0;
  let width = inputs;
  for (const layer of layers) {
    const make = LAYERS[layer.kind];
    const step = make ? make(layer, start, width) : { size: 0, width, activate: activation(layer) };
    steps.push({ ...step, layer, start });
    start += step.size;
    width = step.width;
  }
  return { steps, size: start, outputs: width };
}

// A network of these layers. `hidden` holds, for each hidden layer, its units and the place of the next layer's weights.
export function createNetwork(layers, inputs) {
  const { steps, size, outputs } = planned(layers, inputs);
  const widest = Math.max(inputs, ...steps.map((step) => step.width)) * BLOCK;
  const buffers = [new Float64Array(widest), new Float64Array(widest)];
  const lines = steps.map((step, place) => ({ ...step, place })).filter((step) => step.layer.kind === "linear");
  const hidden = lines.slice(1).map((next) => ({ units: steps[next.place - 1].width, place: next.place }));

  // Outputs [N * outputs] of rows [N * inputs]. `kept`, if given, lists units of each hidden layer, and receives their
  // activations as arrays [N].
  function run(weights, rows, kept = null) {
    const num = rows.length / inputs;
    const found = new Float64Array(num * outputs);
    const said = kept && kept.map((units) => units.map(() => new Float32Array(num)));
    for (let first = 0; first < num; first += BLOCK) {
      const count = Math.min(BLOCK, num - first);
      let [from, to] = buffers;
      for (let i = 0; i < inputs; i++) {
        for (let row = 0; row < count; row++) from[i * BLOCK + row] = rows[(first + row) * inputs + i];
      }
      for (let place = 0; place < steps.length; place++) {
        if (said) keep(place, from, first, count, kept, said);
        const step = steps[place];
        if (step.activate) {
          step.activate(from, step.width * BLOCK);
        } else {
          step.run(weights, from, to);
          [from, to] = [to, from];
        }
      }
      for (let o = 0; o < outputs; o++) {
        for (let row = 0; row < count; row++) found[(first + row) * outputs + o] = from[o * BLOCK + row];
      }
    }
    return { outputs: found, said };
  }

  function keep(place, from, first, count, kept, said) {
    const layer = hidden.findIndex((each) => each.place === place);
    if (layer < 0) return;
    kept[layer].forEach((unit, k) => said[layer][k].set(from.subarray(unit * BLOCK, unit * BLOCK + count), first));
  }

  return { inputs, outputs, size, hidden, lines, run };
}
