// Numbers in readable form, and round numbers for axes.

const MINUS = "\u2212";

// With three significant digits unless told otherwise.
export function written(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "\u2013";
  const size = Math.abs(value);
  const text =
    size && (size >= 1e6 || size < 1e-4)
      ? value.toExponential(digits - 1)
      : value.toFixed(Math.max(0, Math.min(8, digits - 1 - Math.floor(Math.log10(size || 1)))));
  return text.replace("-", MINUS);
}

export const fixed = (value, places) =>
  Number.isFinite(value) ? value.toFixed(places).replace("-", MINUS) : "\u2013";

export const whole = (value) => value.toLocaleString("en");

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// About as many round numbers between two as requested, and how to write them.
export function ticks(low, high, wanted) {
  const rough = (high - low) / wanted;
  if (!(rough > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= rough * 0.999);
  const large = Math.max(Math.abs(low), Math.abs(high)) >= 1e6;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    const value = i * step || 0; // not -0
    const text = large ? value.toExponential(2) : String(Number(value.toPrecision(10)));
    found.push({ value, text: text.replace("-", MINUS) });
  }
  return found;
}
