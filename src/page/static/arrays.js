// Typed arrays from the text that the page stores them in: { type, bytes in base 64 }.

const TYPES = { float32: Float32Array, uint8: Uint8Array, uint16: Uint16Array };

export function decode({ type, bytes }) {
  const raw = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  return new TYPES[type](raw.buffer);
}
