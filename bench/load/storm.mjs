// A reconnect storm: all connections break at once, and all clients come back at once. What a server pays for the end of the old ones is
// part of it.
import { openMany } from "./raw-socket.mjs";

export const open = async ({ port, dialect, connections }) => ({ sockets: await openMany(port, dialect, connections) });

export async function run(state, { port, dialect, concurrency }) {
  const broken = state.sockets;
  await Promise.all(broken.map((socket) => socket.break()));
  state.sockets = await openMany(port, dialect, broken.length, concurrency, dialect.resume ? broken : []);
  return { units: broken.length };
}

export const close = (state) => Promise.all(state.sockets.map((socket) => socket.close()));
