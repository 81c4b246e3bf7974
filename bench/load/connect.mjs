// Connect: opens connections up to the end of the peer's handshake; they are closed after the round, outside of what is measured.
import { openMany } from "./raw-socket.mjs";

export const open = async () => ({ sockets: [] });

export async function run(state, { port, dialect, units, concurrency }) {
  state.sockets = await openMany(port, dialect, units, concurrency);
  return { units };
}

/** After each round: what the round opened is closed before the next peer's turn. */
export async function settle(state) {
  await Promise.all(state.sockets.map((socket) => socket.close()));
  state.sockets = [];
}

export const close = settle;
