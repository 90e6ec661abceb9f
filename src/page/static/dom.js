// Elements of the page. They show everything as text, never as markup, wherever it comes from.

export const find = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function drawn(tag, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const sizes = new WeakMap();

// A canvas at the screen's resolution: its context, and its size in CSS pixels, which is measured when `size` changes.
export function prepared(canvas, size) {
  const ratio = window.devicePixelRatio || 1;
  if (sizes.get(canvas)?.size !== size) {
    const { clientWidth: width, clientHeight: height } = canvas;
    sizes.set(canvas, { size, width, height });
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  }
  const { width, height } = sizes.get(canvas);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

// A function that only draws when one of the named values has changed since the last call.
export function whenChanged(names, draw) {
  let last = null;
  return (view) => {
    if (last && names.every((name) => Object.is(last[name], view[name]))) return;
    last = view;
    draw(view);
  };
}
