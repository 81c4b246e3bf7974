// Broadcast: one connection asks for a broadcast (or a burst of them); when every connection has all of it, it asks for the next.
import { EVENTS } from "../messages.mjs";
import { checkAnswers } from "./echo.mjs";
import { clientFrame, FrameReader, serverFrameBytes } from "./frames.mjs";
import { openMany } from "./raw-socket.mjs";

export async function open({ port, dialect, connections }) {
  const sockets = await openMany(port, dialect, connections);
  if (dialect.subscribe) await Promise.all(sockets.map((socket) => checkAnswers(socket, [dialect.subscribe])));
  await checkDeliveries(sockets, sockets[0], dialect.request(EVENTS.news), dialect);
  return sockets;
}

/** Before bytes are counted: every connection gets the one broadcast that the asker asks for, whole and once. */
export async function checkDeliveries(sockets, asker, request, dialect) {
  const delivered = sockets.map(
    (socket) =>
      new Promise((resolve, reject) => {
        const reader = new FrameReader();
        socket.onBytes = (_count, bytes) => {
          const texts = reader.push(bytes);
          if (texts.length === 0) return;
          if (texts.length === 1 && texts[0] === dialect.news && reader.pending === 0) resolve();
          else reject(new Error(`failed to broadcast: got ${texts.join()}`));
        };
      }),
  );
  asker.write(clientFrame(request));
  await Promise.all(delivered);
}

export function run(sockets, { dialect, units, burst }) {
  const request = clientFrame(dialect.request(burst === 1 ? EVENTS.news : EVENTS.burst));
  const roundBytes = serverFrameBytes(dialect.news) * burst * sockets.length;
  const rounds = Math.max(1, Math.floor(units / (burst * sockets.length)));

  return new Promise((resolve, reject) => {
    let round = 0;
    let received = 0;
    const onBytes = (count) => {
      received += count;
      if (received < roundBytes) return;
      if (received > roundBytes) {
        reject(new Error("failed to broadcast: more bytes than were asked for"));
        return;
      }
      received = 0;
      if (++round === rounds) resolve({ units: rounds * burst * sockets.length });
      else sockets[0].write(request);
    };
    for (const socket of sockets) {
      socket.onBytes = onBytes;
      socket.onClose = () => reject(new Error("failed to broadcast: the server closed a connection"));
    }
    sockets[0].write(request);
  });
}

export const close = (sockets) => Promise.all(sockets.map((socket) => socket.close()));
