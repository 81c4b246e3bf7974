// What the bench measures: one entry a row of the table. `load` names the module in load/ that does the client side, `measure` what is
// read from the server process. Counts are for one round; `smoke` replaces them where the tests only ask whether everything still runs.

/** A row compares the server's CPU time (microseconds a unit) or its memory (bytes a connection): lower is better in both. */
export const WORKLOADS = {
  echo1: {
    title: "echo, 1 in flight",
    load: "echo",
    measure: "cpu",
    unit: "message",
    connections: 20,
    units: 40_000,
    options: { inFlight: 1 },
    smoke: { connections: 2, units: 40 },
  },
  echo16: {
    title: "echo, 16 in flight",
    load: "echo",
    measure: "cpu",
    unit: "message",
    connections: 20,
    units: 96_000,
    options: { inFlight: 16 },
    smoke: { connections: 2, units: 320 },
  },
  sliding16: {
    title: "echo, 16 in flight, sliding window",
    load: "echo",
    measure: "cpu",
    unit: "message",
    connections: 20,
    units: 96_000,
    options: { inFlight: 16, sliding: true },
    smoke: { connections: 2, units: 320 },
  },
  broadcast: {
    title: "broadcast to 1,000, one at a time",
    load: "broadcast",
    measure: "cpu",
    unit: "delivery",
    connections: 1_000,
    units: 80_000,
    options: { burst: 1 },
    smoke: { connections: 10, units: 50 },
  },
  burst8: {
    title: "broadcasts in a burst of 8 to 1,000",
    load: "broadcast",
    measure: "cpu",
    unit: "delivery",
    connections: 1_000,
    units: 160_000,
    options: { burst: 8 },
    smoke: { connections: 10, units: 400 },
  },
  connect: {
    title: "connect",
    load: "connect",
    measure: "cpu",
    unit: "connection",
    connections: 0,
    units: 1_500,
    options: { concurrency: 50 },
    smoke: { units: 20 },
  },
  chat: {
    title: "busy chat, 100 senders in one room",
    load: "chat",
    measure: "cpu",
    unit: "delivery",
    connections: 100,
    units: 400_000,
    options: {},
    smoke: { connections: 5, units: 100 },
  },
  storm: {
    title: "reconnect storm, 1,000 at once",
    load: "storm",
    measure: "cpu",
    unit: "connection",
    connections: 1_000,
    units: 1_000,
    options: { concurrency: 500 },
    smoke: { connections: 20, units: 20 },
  },
  memory: {
    title: "idle memory",
    load: "idle",
    measure: "memory",
    unit: "connection",
    connections: 10_000, // fewer, and what the heap grew by while they connected would look like theirs
    units: 10_000,
    options: {},
    smoke: { connections: 50, units: 50 },
  },
};

/** The peers, each one a module of servers/. The first one is the one that ratios are about. */
export const PEERS = ["everwire", "ws", "ws-json", "socket.io"];

/** A text of 64 bytes: about the size of a chat line. */
export const TEXT = "The quick brown fox jumps over the lazy dog; and again, and off.";

/** What the load asks for: an echo, one broadcast of `news`, or eight of them in one turn. */
export const EVENTS = { echo: "echo", news: "news", burst: "burst" };
