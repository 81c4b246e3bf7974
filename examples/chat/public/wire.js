// The status line: which transport carries the messages, how long a round trip takes, and what happened when it broke.
// chat.js gives it the socket; it listens, shows and keeps a short history, and never sends anything but an echo.

const NAMES = { polling: "long-polling", websocket: "WebSocket", webtransport: "WebTransport" };
const ECHO_EVERY_MS = 2_000;
const ECHO_TIMEOUT_MS = 5_000;
const JOURNAL_LENGTH = 60;

const LOST_BECAUSE = {
  "transport close": "the server went away, or the network did",
  "transport error": "the network broke",
  "ping timeout": "the server stopped answering",
  "parse error": "the server sent something unreadable",
  "io server disconnect": "the server ended it",
  "session unknown": "the server was restarted",
  "session expired": "it was away for too long",
};

const byId = (id) => document.getElementById(id);
const seconds = (ms) => (ms < 950 ? "under a second" : `${String(Math.round(ms / 1000))} s`);

/**
 * Shows the life of `socket`. Returns `welcomed(boot)`: chat.js calls it with the server's boot id, which tells a
 * restarted server from a broken line.
 */
export function showWire(socket) {
  const manager = socket.io;
  const wire = byId("wire");
  const text = byId("wire-text");
  const roundTrip = byId("round-trip");
  const journal = byId("journal");
  let openedAt = 0;
  let lostAt = 0;
  let boot;
  let latest = ""; // what the open connection did last: it may have moved before the server let the socket in

  function note(sentence) {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = new Date().toLocaleTimeString();
    item.append(time, ` ${sentence}`);
    journal.append(item);
    while (journal.childElementCount > JOURNAL_LENGTH) journal.firstElementChild.remove();
    journal.scrollTop = journal.scrollHeight;
  }

  /** `state` is what the line looks like: connecting, polling, websocket, lost. */
  function show(state, sentence) {
    wire.dataset.state = state;
    text.textContent = sentence;
  }

  const transport = () => manager.engine?.transport.name ?? "polling";
  const over = () => NAMES[transport()] ?? transport();

  // Each connection is a new engine; it tells when it moved from polling to WebSocket.
  manager.on("open", () => {
    openedAt = performance.now();
    latest = `Connected over ${over()}.`;
    if (lostAt === 0) note(latest);
    manager.engine.on("upgrade", (to) => {
      const took = Math.round(performance.now() - openedAt);
      latest = `Moved from long-polling to ${NAMES[to.name] ?? to.name} after ${String(took)} ms.`;
      note(latest);
      wire.dataset.state = to.name;
      if (wire.dataset.mended === undefined) text.textContent = latest; // else the good news stays
    });
  });

  function back(sentence) {
    note(sentence);
    show(transport(), sentence);
    wire.dataset.mended = "";
    lostAt = 0;
  }

  socket.on("connect", () => {
    if (lostAt === 0) show(transport(), latest);
    else if (socket.recovered) back(`Back after ${seconds(performance.now() - lostAt)}. Nothing was missed.`);
    // Else the server does not know us any more; it is about to say who it is: welcomed().
    measure();
  });

  function lose(reason) {
    if (lostAt === 0) lostAt = performance.now();
    delete wire.dataset.mended;
    roundTrip.textContent = "–";
    const why = navigator.onLine ? (LOST_BECAUSE[reason] ?? reason) : "this device is offline";
    note(`Connection lost: ${why}.`);
    show("lost", `Connection lost: ${why}. What you write waits here.`);
  }

  // Suspended: the socket stays connected, and most of the time the session comes back. If not, `disconnect` says why.
  manager.on("suspend", lose);
  manager.on("resume", () => back(`Back after ${seconds(performance.now() - lostAt)}. Nothing was missed.`));
  socket.on("disconnect", (reason) => {
    if (reason !== "io client disconnect") lose(reason);
  });

  socket.on("connect_error", () => {
    if (lostAt === 0 && socket.active) show("connecting", "The server does not answer. Trying again.");
  });

  manager.on("reconnect_attempt", (attempt) => {
    wire.dataset.state = lostAt === 0 ? "connecting" : "lost";
    note(`Trying again, attempt ${String(attempt)}.`);
    // Said aloud now and then only: a screen reader must not be flooded while a server is away.
    if (attempt === 1 || attempt % 5 === 0)
      text.textContent = `Reconnecting, attempt ${String(attempt)}. What you write waits here.`;
  });

  function measure() {
    if (!socket.connected || lostAt > 0 || document.hidden) return;
    const sent = performance.now();
    socket.timeout(ECHO_TIMEOUT_MS).volatile.emit("echo", null, (error) => {
      const took = performance.now() - sent;
      if (!error) roundTrip.textContent = took < 1 ? "< 1 ms" : `${String(Math.round(took))} ms`;
    });
  }
  setInterval(measure, ECHO_EVERY_MS);
  document.addEventListener("visibilitychange", measure);

  const toggle = byId("journal-toggle");
  function open(isOpen) {
    toggle.setAttribute("aria-expanded", String(isOpen));
    journal.hidden = !isOpen;
    journal.scrollTop = journal.scrollHeight;
  }
  toggle.addEventListener("click", () => open(journal.hidden));
  wire.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || journal.hidden) return;
    open(false);
    toggle.focus();
  });

  show("connecting", "Connecting.");
  return {
    welcomed(serverBoot) {
      const restarted = boot !== undefined && boot !== serverBoot;
      boot = serverBoot;
      if (lostAt === 0) return;
      const after = seconds(performance.now() - lostAt);
      back(
        restarted
          ? `The server was restarted. Back after ${after}, in your room.`
          : `Back after ${after}. The room was loaded again.`,
      );
    },
  };
}
