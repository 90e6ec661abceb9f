// Activation functions, each over the first `count` numbers of an array, in place.

const each = (f) => (x, count) => {
  for (let i = 0; i < count; i++) x[i] = f(x[i]);
};

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// Numerical Recipes, section 6.2: accurate to 1.2e-7 everywhere.
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

function erfc(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const sum = ERFC.reduceRight((total, factor) => factor + t * total, 0);
  const tail = t * Math.exp(-x * x + sum);
  return x >= 0 ? tail : 2 - tail;
}

const KINDS = {
  relu: () => each((x) => (x > 0 ? x : 0)),
  leaky_relu: ({ slope }) => each((x) => (x > 0 ? x : slope * x)),
  elu: ({ alpha }) => each((x) => (x > 0 ? x : alpha * Math.expm1(x))),
  gelu: () => each((x) => 0.5 * x * erfc(-x * Math.SQRT1_2)),
  silu: () => each((x) => x * sigmoid(x)),
  tanh: () => each(Math.tanh),
  sigmoid: () => each(sigmoid),
  clip: ({ farthest }) => each((x) => x / Math.sqrt(1 + (x / farthest) ** 2)),
};

export const activation = (layer) => KINDS[layer.kind](layer);
