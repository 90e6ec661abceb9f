// The connection of a page in a notebook: messages travel through the notebook, which passes them on to its kernel.

const PAUSED = 1000; // milliseconds of a pause after which what was trained is kept in the notebook

export function createChannel(receive, lost) {
  let sent = 0;
  let waiting = null;
  const tell = (message) => window.parent.postMessage(JSON.stringify(message), "*");

  function send(message) {
    sent += 1;
    tell({ ...message, number: sent });
    return sent;
  }

  function keepWhenPaused({ type, state }) {
    if (type !== "frame") return;
    clearTimeout(waiting);
    if (state.mode === "paused" && state.epoch > 0) waiting = setTimeout(() => send({ do: "replay" }), PAUSED);
  }

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent) return;
    const message = JSON.parse(data);
    if (message.type === "lost") return lost();
    receive(message);
    keepWhenPaused(message);
  });
  tell({ do: "hello" });
  return send;
}
