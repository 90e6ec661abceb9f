// The network at a moment of its training: its outputs for rows and points, and the activations of its hidden units.

import { decode } from "./arrays.js";
import { createAnswers } from "./answers.js";
import { createNetwork } from "./forward.js";
import { accuracyOf, confusionOf, errorsOf } from "./scores.js";

export function createModel(scene) {
  const network = createNetwork(scene.layers, scene.inputs.length);
  const answers = createAnswers(scene);
  const weights = new WeakMap();
  const heard = new WeakMap();
  const splits = Object.fromEntries(
    Object.entries(scene.splits).map(([name, { rows, x, y }]) => [name, { rows, x: decode(x), y: decode(y) }]),
  );

  function weightsOf(frame) {
    if (!weights.has(frame)) weights.set(frame, decode({ type: "float32", bytes: frame.weights }));
    return weights.get(frame);
  }

  // Outputs for the rows of a split, computed once for each frame.
  function outputs(frame, split) {
    if (!heard.has(frame)) heard.set(frame, {});
    const known = heard.get(frame);
    known[split] ??= network.run(weightsOf(frame), splits[split].x).outputs;
    return known[split];
  }

  function judged(frame, split, settings) {
    const { y } = splits[split];
    if (answers.values) return errorsOf(y, answers.values(outputs(frame, split)));
    const predicted = answers.labels(outputs(frame, split), settings);
    const counts = confusionOf(y, predicted, scene.classes.length);
    return { predicted, counts, accuracy: accuracyOf(counts, scene.classes.length) };
  }

  // The scores of a split: of all its rows if the page has them or knows the scores, otherwise of the rows that it has.
  function scores(moment, split, settings) {
    const recorded = moment.kept ? scene.kept.scores[split] : moment.scores[split];
    const { rows, y } = splits[split];
    if (y.length < rows && !settings.moved) return recorded ?? {};
    return { ...judged(moment, split, settings), loss: recorded?.loss };
  }

  // The network's outputs for points [N * inputs], and the activations of some units of each hidden layer.
  function ask(frame, points, settings, kept = null) {
    const { outputs: logits, said } = network.run(weightsOf(frame), points, kept);
    if (answers.values) return { logits, values: answers.values(logits), said };
    return { logits, probabilities: answers.probabilities(logits, settings), said };
  }

  return { network, splits, weightsOf, judged, scores, ask };
}
