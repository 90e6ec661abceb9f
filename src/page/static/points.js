// Rows of a split as points, each in the colour and with the marker of its class.

// Which rows are drawn: all or, if there are many, every second, third, ….
export function drawnRows(num, most) {
  const step = Math.max(1, Math.floor(num / most));
  return Array.from({ length: Math.ceil(num / step) }, (_, i) => i * step);
}

export function createMarkers(look, palette) {
  const paths = look.markers.map((path) => new Path2D(path));
  return (pen, label, x, y, radius) => {
    pen.save();
    pen.translate(x, y);
    pen.scale(radius, -radius); // in Matplotlib's markers, y points upwards
    pen.fillStyle = look.classes[label];
    pen.fill(paths[label % paths.length]);
    pen.lineWidth = 0.9 / radius;
    pen.strokeStyle = palette.variable("--paper");
    pen.stroke(paths[label % paths.length]);
    pen.restore();
  };
}

export const radiusFor = (num) => (num > 200 ? 3.4 : num > 10 ? 4.6 : 7);

// A layer of points, redrawn only when the size, the colours or the rows change.
export function createLayer(paint) {
  const canvas = document.createElement("canvas");
  let last = {};
  return (pen, { size, split, dark }) => {
    if (last.size !== size || last.split !== split || last.dark !== dark) {
      last = { size, split, dark };
      [canvas.width, canvas.height] = [pen.canvas.width, pen.canvas.height];
      const own = canvas.getContext("2d");
      own.setTransform(pen.getTransform());
      paint(own, split);
    }
    if (!canvas.width || !canvas.height) return; // a canvas of size zero cannot be drawn
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(canvas, 0, 0);
    pen.restore();
  };
}
