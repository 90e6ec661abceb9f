// What was drawn: strokes, on nothing or on a picture. Everything can be undone, clearing too.

export const ACROSS = 336; // pixels of the canvas, a multiple of those of all pictures

const INK = "#000000";

export function createStrokes(pen) {
  let acts = [];

  const base = () => acts.findLast(({ kind }) => kind !== "stroke") ?? { kind: "clear" };

  function fill({ kind, image }) {
    pen.fillStyle = INK;
    pen.fillRect(0, 0, ACROSS, ACROSS);
    if (kind !== "picture") return;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image, 0, 0, ACROSS, ACROSS);
  }

  function line({ width, shade }, [fromX, fromY], [toX, toY]) {
    pen.lineCap = "round";
    pen.lineWidth = width;
    pen.strokeStyle = `rgb(${shade} ${shade} ${shade})`;
    pen.beginPath();
    pen.moveTo(fromX, fromY);
    pen.lineTo(toX, toY + 0.01); // a dot too has a length
    pen.stroke();
  }

  function again() {
    const from = acts.lastIndexOf(base());
    fill(base());
    for (const stroke of acts.slice(from + 1)) stroke.points.forEach((point, i) => line(stroke, stroke.points[Math.max(0, i - 1)], point));
  }

  function act(made) {
    acts.push(made);
    if (made.kind !== "stroke") fill(made);
  }

  again();
  return {
    begin(point, width, shade) {
      act({ kind: "stroke", width, shade, points: [point] });
      line(acts.at(-1), point, point);
    },
    extend(point) {
      const { points } = acts.at(-1);
      line(acts.at(-1), points.at(-1), point);
      points.push(point);
    },
    clear: () => act({ kind: "clear" }),
    put: (image) => act({ kind: "picture", image }),
    undo() {
      acts = acts.slice(0, -1);
      again();
    },
    isPicture: () => base().kind === "picture",
    canUndo: () => acts.length > 0,
  };
}
