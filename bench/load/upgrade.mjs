// Connect as a page does by default: by polling up to the end of the handshake, then over to a WebSocket. Each connection proves after the
// round that it works; closing it is no part of the round either.
import { checkAnswers } from "./echo.mjs";
import { clientFrame } from "./frames.mjs";
import { PollingSession } from "./polling-session.mjs";
import { RawSocket } from "./raw-socket.mjs";

export const open = async () => ({ connections: [] });

export async function run(state, { port, dialect, units, concurrency }) {
  let opened = 0;
  const worker = async () => {
    for (; opened < units;) {
      opened++;
      state.connections.push(await connect(port, dialect));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, units) }, worker));
  return { units };
}

async function connect(port, dialect) {
  const session = await PollingSession.open(port, dialect);
  const polled = session.poll();
  const probe = {
    ...dialect,
    path: `${dialect.path}&sid=${session.sid}`,
    greet(text) {
      if (text === undefined) return "2probe";
      if (text === "3probe") return true;
      throw new Error(`failed to upgrade: the server said ${text}`);
    },
  };
  const socket = await RawSocket.open(port, probe);
  // The server releases the poll that waits, and the client upgrades when it is back.
  const released = await polled;
  if (released.join() !== "6") throw new Error(`failed to upgrade: a poll brought ${released.join()}`);
  socket.write(clientFrame("5"));
  return { session, socket };
}

export async function settle(state, { dialect }) {
  await Promise.all(
    state.connections.map(async ({ session, socket }) => {
      await checkAnswers(socket, [dialect.echo]);
      await session.release();
      await socket.close();
    }),
  );
  state.connections = [];
}

/** A round that was settled leaves nothing. */
export const close = async () => {};
