// The time of a training: a position among its moments, and a clock that advances it.

import { clamp } from "./numbers.js";

// `change` is called with what has changed: the place, or whether it plays. Each moment says how long it is shown.
export function createPlayer(moments, change) {
  let place = 0;
  let timer = null;
  let speed = 1;

  const last = () => moments.length - 1;

  function go(to) {
    place = clamp(to, 0, last());
    change({ place });
  }

  function tick() {
    timer = setTimeout(() => {
      go(place + 1);
      if (place < last()) tick();
      else pause();
    }, (1000 * moments[place].seconds) / speed);
  }

  function play() {
    if (timer !== null) return;
    if (place === last()) go(0);
    change({ playing: true });
    tick();
  }

  function pause() {
    clearTimeout(timer);
    timer = null;
    change({ playing: false });
  }

  function seek(to) {
    if (timer !== null) pause();
    go(to);
  }

  return {
    play,
    pause,
    seek,
    toggle: () => (timer === null ? play() : pause()),
    step: (by) => seek(place + by),
    first: () => seek(0),
    last: () => seek(last()),
    setSpeed: (to) => (speed = to),
  };
}
