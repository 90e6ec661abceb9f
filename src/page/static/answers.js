// What a network's outputs mean: probabilities and labels, or values.

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

// Two classes, one logit, and a threshold on the probability of class 1.
const binary = {
  probabilities(outputs, { temperature }) {
    const found = new Float64Array(2 * outputs.length);
    outputs.forEach((logit, row) => {
      const positive = sigmoid(logit / temperature);
      found[2 * row] = 1 - positive;
      found[2 * row + 1] = positive;
    });
    return found;
  },
  labels(outputs, { temperature, threshold }) {
    const least = Math.log(threshold / (1 - threshold)) * temperature;
    return Uint8Array.from(outputs, (logit) => (logit >= least ? 1 : 0));
  },
};

// Several classes, a logit for each; the largest is the prediction.
const multiclass = {
  probabilities(outputs, { temperature }, classes) {
    const found = new Float64Array(outputs.length);
    for (let first = 0; first < outputs.length; first += classes) {
      let largest = -Infinity;
      let total = 0;
      for (let c = 0; c < classes; c++) largest = Math.max(largest, outputs[first + c]);
      for (let c = 0; c < classes; c++) {
        total += found[first + c] = Math.exp((outputs[first + c] - largest) / temperature);
      }
      for (let c = 0; c < classes; c++) found[first + c] /= total;
    }
    return found;
  },
  labels(outputs, _, classes) {
    const found = new Uint8Array(outputs.length / classes);
    for (let row = 0; row < found.length; row++) {
      for (let c = 1; c < classes; c++) {
        if (outputs[row * classes + c] > outputs[row * classes + found[row]]) found[row] = c;
      }
    }
    return found;
  },
};

// A value, in the target's own unit and around its centre.
const regression = (target) => ({
  values: (outputs) => outputs.map((output) => output * target.unit + target.centre),
});

export function createAnswers({ answer, classes, target }) {
  if (answer === "regression") return regression(target);
  const { probabilities, labels } = answer === "binary" ? binary : multiclass;
  return {
    probabilities: (outputs, settings) => probabilities(outputs, settings, classes.length),
    labels: (outputs, settings) => labels(outputs, settings, classes.length),
  };
}
