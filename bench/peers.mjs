// Who takes part: each peer is a module of servers/ with its dialect in load/dialects.mjs. The first one is the one that ratios are about.
//   package  whose version the report names
//   module   the server module, if not the one of the peer's name
//   offers   what a row may need: "ack", "rooms", "polling", "binary", and "sockets": the API and the wire of Socket.IO
//   rows     the only rows that it takes part in, if not all it offers what they need for
//   env      of its server process

/** A native helper that happens to be installed would unmask for everybody who uses `ws`; peers run without, but for the one named so. */
const WITHOUT_HELPERS = { WS_NO_BUFFER_UTIL: "1", WS_NO_UTF_8_VALIDATE: "1" };

const ALL = ["ack", "rooms", "polling", "binary", "sockets"];

export const PEERS = {
  everwire: { package: "@everwire/server", offers: ALL, env: WITHOUT_HELPERS },
  /** The same server; the clients have negotiated to resume their sessions, and acknowledge what they get. */
  "everwire-resume": { package: "@everwire/server", module: "everwire", offers: ALL, env: WITHOUT_HELPERS },
  ws: { package: "ws", offers: ["rooms", "binary"], env: WITHOUT_HELPERS },
  "ws-json": { package: "ws", offers: ["ack", "rooms"], env: WITHOUT_HELPERS },
  "engine.io": { package: "engine.io", offers: ["polling", "binary"], env: WITHOUT_HELPERS },
  "socket.io": { package: "socket.io", offers: ALL, env: WITHOUT_HELPERS },
  "socket.io-bufferutil": {
    package: "socket.io",
    helper: "bufferutil",
    module: "socket.io",
    offers: ALL,
    rows: ["echo1", "echo16", "broadcast", "binary1m"],
    env: {},
  },
  sockjs: { package: "sockjs", offers: [], env: WITHOUT_HELPERS },
  socketcluster: { package: "socketcluster-server", offers: ["ack"], env: WITHOUT_HELPERS },
  primus: { package: "primus", offers: [], env: WITHOUT_HELPERS },
};

/** The peers, of those, that take part in a row. */
export function participants(name, { needs = [], peers }, chosen) {
  return chosen.filter((peer) => {
    const { offers, rows } = PEERS[peer];
    if (peers !== undefined && !peers.includes(peer)) return false;
    return (rows === undefined || rows.includes(name)) && needs.every((need) => offers.includes(need));
  });
}
