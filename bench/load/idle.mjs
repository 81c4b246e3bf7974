// Idle: connections that do nothing, for the memory that each one costs. A few come and go first, so that code which is loaded or compiled
// on first use is not counted as memory of a connection.
import { openMany } from "./raw-socket.mjs";

const WARM_UP_CONNECTIONS = 300;

export async function open({ port, dialect, connections }) {
  const sockets = await openMany(port, dialect, Math.min(WARM_UP_CONNECTIONS, connections));
  await Promise.all(sockets.map((socket) => socket.close()));
  return { sockets: [] };
}

export async function run(state, { port, dialect, units }) {
  state.sockets = await openMany(port, dialect, units);
  return { units };
}

export const close = (state) => Promise.all(state.sockets.map((socket) => socket.close()));
