// Lines along which a surface has a level: marching squares.

// Adds to a path the lines where values [side * side], row by row from the bottom, reach a level; `place` maps a
// (fractional) column and row to a point.
export function traceLevel(pen, values, side, level, place) {
  const between = (a, b) => (level - a) / (b - a);
  for (let row = 0; row < side - 1; row++) {
    for (let column = 0; column < side - 1; column++) {
      const at = row * side + column;
      const corners = [values[at], values[at + 1], values[at + side + 1], values[at + side]];
      const above = corners.map((value) => value >= level);
      if (above[0] === above[1] && above[1] === above[2] && above[2] === above[3]) continue;
      const crossings = [];
      if (above[0] !== above[1]) crossings.push([column + between(corners[0], corners[1]), row]);
      if (above[1] !== above[2]) crossings.push([column + 1, row + between(corners[1], corners[2])]);
      if (above[2] !== above[3]) crossings.push([column + between(corners[3], corners[2]), row + 1]);
      if (above[3] !== above[0]) crossings.push([column, row + between(corners[0], corners[3])]);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        pen.moveTo(...place(...crossings[i]));
        pen.lineTo(...place(...crossings[i + 1]));
      }
    }
  }
}

// The surfaces [side * side] and the level of each at which the decision changes.
export function margins(probabilities, classes, threshold) {
  const num = probabilities.length / classes;
  if (classes === 2) {
    const values = new Float64Array(num);
    for (let row = 0; row < num; row++) values[row] = probabilities[2 * row + 1];
    return [{ values, level: threshold }];
  }
  return Array.from({ length: classes }, (_, label) => {
    const values = new Float64Array(num);
    for (let row = 0, at = 0; row < num; row++, at += classes) {
      let other = -1;
      for (let c = 0; c < classes; c++) if (c !== label && probabilities[at + c] > other) other = probabilities[at + c];
      values[row] = probabilities[at + label] - other;
    }
    return { values, level: 0 };
  });
}
