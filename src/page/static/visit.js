// What the browser remembers about exercises during this visit: predictions, looks at answers, and which are done.

const PLACE = "exercises";

export function createVisit() {
  const known = read();
  const of = (name) => (Object.hasOwn(known, name) ? known[name] : (known[name] = {}));

  function keep() {
    try {
      window.sessionStorage.setItem(PLACE, JSON.stringify(known));
    } catch {
      // a page without a place of its own remembers until it is closed
    }
  }

  return {
    of,
    keep,
    isDone: (name) => of(name).done === true,
    finish(name) {
      of(name).done = true;
      keep();
    },
  };
}

function read() {
  try {
    const found = JSON.parse(window.sessionStorage.getItem(PLACE));
    const whole = found && Object.values(found).every((each) => each && typeof each === "object");
    return whole ? found : {};
  } catch {
    return {};
  }
}
