// Beside a page in a notebook's output: passes messages between the page, in a frame, and the notebook's kernel.

function bridge(place, kernel, key, target, height) {
  const PATIENCE = [300, 1000, 2000, 5000]; // milliseconds before each new attempt to connect
  const HERE = 10000; // milliseconds between two signs of life
  const config = document.getElementById("jupyter-config-data");
  if (!config) return; // a notebook made into a page has no kernel
  const settings = JSON.parse(config.textContent);
  const session = crypto.randomUUID();
  const comm = crypto.randomUUID();
  let [socket, frame, attempts, begun, ended] = [null, null, 0, false, false];

  const address = (path) => new URL(`${settings.baseUrl ?? "/"}api/kernels/${kernel}${path}`, document.location.href);

  // What was kept is hidden while the page is live.
  const hiding = document.createElement("style");
  hiding.textContent = `[data-replay-of="${key}"] { display: none; }`;

  function ask(channel, type, content) {
    if (socket?.readyState !== WebSocket.OPEN) return;
    const header = { msg_id: crypto.randomUUID(), msg_type: type, session, username: "", version: "5.3", date: new Date().toISOString() };
    socket.send(JSON.stringify({ channel, header, parent_header: {}, metadata: {}, content }));
  }

  const tell = (data) => ask("shell", "comm_msg", { comm_id: comm, data });

  async function isGone() {
    const known = await fetch(address(""), { headers: settings.token ? { Authorization: `token ${settings.token}` } : {} }).catch(() => null);
    return known && !known.ok;
  }

  async function connect() {
    const gone = await isGone();
    if (ended) return;
    if (gone) return end();
    const channels = address("/channels");
    channels.protocol = channels.protocol === "https:" ? "wss:" : "ws:";
    channels.searchParams.set("session_id", session);
    if (settings.token) channels.searchParams.set("token", settings.token);
    socket = new WebSocket(channels);
    socket.addEventListener("open", () => {
      attempts = 0;
      if (begun) return tell({ kind: "hello" });
      begun = true;
      ask("shell", "comm_open", { comm_id: comm, target_name: target, data: { key } });
    });
    socket.addEventListener("message", ({ data }) => typeof data === "string" && hear(JSON.parse(data)));
    socket.addEventListener("close", () => {
      if (ended) return;
      frame?.contentWindow?.postMessage(JSON.stringify({ type: "lost" }), "*");
      setTimeout(connect, PATIENCE[Math.min(attempts++, PATIENCE.length - 1)]);
    });
  }

  function hear({ header, content }) {
    const { msg_type: type } = header;
    if (type === "status" && ["starting", "restarting", "dead"].includes(content.execution_state)) return end();
    if (type === "comm_info_reply" && !(comm in content.comms)) return end(); // another kernel by now
    if (content?.comm_id !== comm) return;
    if (type === "comm_close") end();
    else if (content.data.page) show(content.data.page);
    else frame?.contentWindow?.postMessage(content.data.text, "*");
  }

  function show(page) {
    frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-downloads");
    Object.assign(frame, { title: "Train a network", width: "100%", height, srcdoc: page });
    frame.style.border = "0";
    place.replaceChildren(hiding, frame);
  }

  function answer({ source, data }) {
    if (!frame || source !== frame.contentWindow || typeof data !== "string") return;
    tell(JSON.parse(data).do === "hello" ? { kind: "hello" } : { kind: "message", text: data });
  }

  function end() {
    ended = true;
    seen.disconnect();
    clearInterval(alive);
    window.removeEventListener("message", answer);
    window.removeEventListener("pagehide", leave);
    setTimeout(() => socket?.close(), 1000); // the server drops what it has not passed on when a socket is closed
    place.style.minHeight = "";
    place.replaceChildren();
  }

  function leave() {
    ask("shell", "comm_close", { comm_id: comm, data: {} });
    end();
  }

  function stay() {
    if (!place.isConnected) return leave();
    tell({ kind: "here" });
    if (begun) ask("shell", "comm_info_request", { target_name: target }); // a restart may have gone unheard
  }

  const alive = setInterval(stay, HERE);
  window.addEventListener("message", answer);
  window.addEventListener("pagehide", leave);

  // A process trains for a page only once somebody sees its place, also where all cells are run at once.
  const NEAR = { scrollMargin: "200px" };
  const seen = new IntersectionObserver((places) => {
    if (!places.some(({ isIntersecting }) => isIntersecting)) return;
    seen.disconnect();
    connect();
  }, NEAR);

  isGone().then((gone) => {
    if (gone) return end();
    place.style.minHeight = `${height}px`;
    place.replaceChildren(hiding);
    seen.observe(place);
  });
}
