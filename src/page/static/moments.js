// The moments of a live training: the end of each epoch, thinned out if there are many, and finally the present.

const MOST = 400;

export function addMoment(moments, frame) {
  const last = moments[moments.length - 1];
  if (last && (last.step !== 0 || last.epoch === frame.epoch)) moments.pop();
  moments.push(frame);
  if (moments.length <= MOST) return;
  const kept = moments.filter((_, place) => place % 2 === 0 || place === moments.length - 1);
  moments.splice(0, moments.length, ...kept);
}

const SHORTEST = 25; // epochs of the shortest axis

// Adds an epoch's scores to the curves, whose axis doubles when they reach its end.
export function addRows(scene, rows) {
  const { epochs, curves } = scene.history;
  for (const row of rows) {
    epochs.push(row.epoch);
    for (const [name, values] of Object.entries(curves)) values.push(row[name] ?? null);
  }
  const reached = epochs[epochs.length - 1];
  scene.epochs = SHORTEST;
  while (scene.epochs < reached) scene.epochs *= 2;
  scene.best_epoch = bestOf(scene.history);
}

function bestOf({ epochs, curves }) {
  const losses = curves["val/loss"] ?? curves["train/loss"] ?? [];
  let best = 0;
  losses.forEach((loss, place) => {
    if (loss !== null && (losses[best] === null || loss < losses[best])) best = place;
  });
  return epochs[best];
}
