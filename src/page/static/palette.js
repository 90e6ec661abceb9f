// The colours of the lab's figures, on a light or a dark background.

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);

export const isDark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;

export function createPalette(look) {
  const classes = look.classes.map(channels);
  const ends = [look.negative, look.positive].map(channels);

  function variable(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // The colour of a class at a point: paler where the network is less certain.
  function shade(probabilities, num, pixels) {
    const paper = channels(variable("--paper"));
    for (let row = 0, at = 0; at < probabilities.length; row++, at += num) {
      let surest = 0;
      let [red, green, blue] = [0, 0, 0];
      for (let c = 0; c < num; c++) {
        const p = probabilities[at + c];
        if (p > surest) surest = p;
        const colour = classes[c];
        red += p * colour[0];
        green += p * colour[1];
        blue += p * colour[2];
      }
      const sure = (surest * num - 1) / Math.max(1, num - 1);
      const strength = look.palest + (look.strongest - look.palest) * sure;
      pixels[4 * row] = 255 * (paper[0] + strength * (red - paper[0]));
      pixels[4 * row + 1] = 255 * (paper[1] + strength * (green - paper[1]));
      pixels[4 * row + 2] = 255 * (paper[2] + strength * (blue - paper[2]));
      pixels[4 * row + 3] = 255;
    }
  }

  // The colour of a single class, as strong as it is probable.
  function only(probabilities, num, label, pixels) {
    const paper = channels(variable("--paper"));
    for (let row = 0, at = label; at < probabilities.length; row++, at += num) {
      const strength = look.strongest * probabilities[at];
      for (let i = 0; i < 3; i++) pixels[4 * row + i] = 255 * (paper[i] + strength * (classes[label][i] - paper[i]));
      pixels[4 * row + 3] = 255;
    }
  }

  // The colour of a unit's activation, scaled to -1 to 1.
  function speak(values, pixels) {
    const neutral = channels(isDark() ? variable("--paper") : look.neutral);
    values.forEach((value, row) => {
      const lifted = Math.abs(value) ** look.contrast;
      const end = ends[value < 0 ? 0 : 1];
      for (let i = 0; i < 3; i++) pixels[4 * row + i] = 255 * (neutral[i] + lifted * (end[i] - neutral[i]));
      pixels[4 * row + 3] = 255;
    });
  }

  const shadeOf = (name) => channels(variable(name));

  return { variable, shadeOf, shade, only, speak };
}
