// Lines along which a surface has a level: marching squares.

// Adds to a path the lines where values [side * side], row by row from the bottom, have a level; `place` takes a column
// and a row, which may lie between two, to a point.
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
  const surface = (f) => Float64Array.from({ length: num }, (_, row) => f(row * classes));
  if (classes === 2) return [{ values: surface((at) => probabilities[at + 1]), level: threshold }];
  return Array.from({ length: classes }, (_, label) => ({
    level: 0,
    values: surface((at) => {
      let other = -1;
      for (let c = 0; c < classes; c++) if (c !== label) other = Math.max(other, probabilities[at + c]);
      return probabilities[at + label] - other;
    }),
  }));
}
