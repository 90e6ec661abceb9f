// How good predictions are.

// Counts [C * C]: a row for each true class, a column for each predicted class.
export function confusionOf(truth, predicted, classes) {
  const counts = new Uint32Array(classes * classes);
  for (let row = 0; row < truth.length; row++) counts[truth[row] * classes + predicted[row]] += 1;
  return counts;
}

export function accuracyOf(counts, classes) {
  let right = 0;
  let all = 0;
  for (let i = 0; i < counts.length; i++) {
    all += counts[i];
    if (Math.floor(i / classes) === i % classes) right += counts[i];
  }
  return right / all;
}

// Precision and recall of class 1 of two; 0 where nothing is predicted or true, as in the lab's own scores.
export function precisionAndRecall([, falseAlarms, missed, found]) {
  return {
    precision: found + falseAlarms ? found / (found + falseAlarms) : 0,
    recall: found + missed ? found / (found + missed) : 0,
  };
}

export function errorsOf(truth, values) {
  let squares = 0;
  let sum = 0;
  let absolute = 0;
  for (let row = 0; row < truth.length; row++) {
    const error = values[row] - truth[row];
    squares += error * error;
    absolute += Math.abs(error);
    sum += truth[row];
  }
  const mean = sum / truth.length;
  const spread = truth.reduce((total, y) => total + (y - mean) ** 2, 0);
  return { r2: 1 - squares / spread, rmse: Math.sqrt(squares / truth.length), mae: absolute / truth.length };
}
