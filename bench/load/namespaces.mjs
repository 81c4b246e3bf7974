// Many namespaces: connections that are open already enter a hundred namespaces each, at once; they are closed after the round.
import { NAMESPACES } from "../messages.mjs";
import { clientFrame, FrameReader } from "./frames.mjs";
import { openMany } from "./raw-socket.mjs";

const REQUESTS = Buffer.concat(NAMESPACES.map((name) => clientFrame(`40${name},`)));

export const open = async ({ port, dialect, connections }) => ({
  sockets: await openMany(port, dialect, connections),
  connections,
});

export async function run({ sockets }) {
  await Promise.all(sockets.map(enter));
  return { units: sockets.length * NAMESPACES.length };
}

function enter(socket) {
  const missing = new Set(NAMESPACES);
  const reader = new FrameReader();
  return new Promise((resolve, reject) => {
    socket.onClose = () => reject(new Error("failed to enter a namespace: the server closed the connection"));
    socket.onBytes = (_count, bytes) => {
      for (const text of reader.push(bytes)) {
        const name = /^40(\/n\d+),\{"sid":"/.exec(text)?.[1];
        if (!missing.delete(name)) reject(new Error(`failed to enter a namespace: got ${text}`));
        else if (missing.size === 0) resolve();
      }
    };
    socket.write(REQUESTS);
  });
}

/** Between rounds: the old connections go, new ones come. */
export async function settle(state, { port, dialect }) {
  await close(state);
  state.sockets = await openMany(port, dialect, state.connections);
}

export const close = (state) => Promise.all(state.sockets.map((socket) => socket.close()));
