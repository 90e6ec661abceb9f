// Questions to which only the newest answer matters: one at a time is on its way, and of those that wait, the newest.

export function createAsking(send) {
  let waiting = 0;
  let next = null;
  let last = null;

  // `make` makes the message when it can be sent.
  function ask(make) {
    last = make;
    if (waiting) next = make;
    else waiting = send(make());
  }

  // Whether this is the answer that was waited for.
  function answered(number) {
    if (number !== waiting) return false;
    waiting = 0;
    const make = next;
    next = null;
    if (make) ask(make);
    return true;
  }

  // After the connection was lost, the last question is asked again.
  function arrive() {
    waiting = 0;
    next = null;
    if (last) ask(last);
  }

  return { ask, answered, arrive };
}
