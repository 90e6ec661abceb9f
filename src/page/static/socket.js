// The connection to the process that trains: numbers and sends messages, receives them, and reconnects when it is lost.

const PATIENCE = [300, 1000, 2000, 5000]; // milliseconds before each new attempt

export function createSocket(receive, lost) {
  let visitor = null;
  let sent = 0;
  let attempts = 0;
  let closed = false;
  let socket = null;

  function open() {
    const address = new URL("live", document.location.href);
    address.protocol = "ws:";
    address.search = visitor ? `?visitor=${encodeURIComponent(visitor)}` : "";
    address.hash = "";
    socket = new WebSocket(address);
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "full") closed = true;
      if (message.type === "hello") [visitor, attempts] = [message.visitor, 0];
      receive(message);
    });
    socket.addEventListener("close", () => {
      if (closed) return;
      lost();
      setTimeout(open, PATIENCE[Math.min(attempts++, PATIENCE.length - 1)]);
    });
  }

  window.addEventListener("pagehide", () => {
    closed = true;
    socket.close(1000);
  });
  open();

  // The message's number, by which an answer says what it answers; 0 if the connection is lost.
  return (message) => {
    if (socket.readyState !== WebSocket.OPEN) return 0;
    sent += 1;
    socket.send(JSON.stringify({ ...message, number: sent }));
    return sent;
  };
}
