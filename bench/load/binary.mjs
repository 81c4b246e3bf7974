// Large binary messages both ways: each connection sends one, and the next when it has all of it back. A unit is a byte in one direction.
import { BINARY_BYTES } from "../messages.mjs";
import { clientFrame, serverFrame } from "./frames.mjs";
import { openMany } from "./raw-socket.mjs";

const PAYLOAD = Buffer.from(Array.from({ length: BINARY_BYTES }, (_, index) => (index * 31 + (index >> 8)) & 255));

const frames = (frame, { attachment }) =>
  Buffer.concat([...(attachment === undefined ? [] : [frame(attachment)]), frame(PAYLOAD)]);

export async function open({ port, dialect, connections }) {
  const sockets = await openMany(port, dialect, connections);
  const message = frames(clientFrame, dialect);
  const answer = frames(serverFrame, dialect);
  for (const socket of sockets) await checkAnswer(socket, message, answer);
  return { sockets, message, answerBytes: answer.length };
}

/** Before bytes are counted: every byte that comes back is the one that was sent. */
function checkAnswer(socket, message, answer) {
  let received = 0;
  return new Promise((resolve, reject) => {
    socket.onClose = () => reject(new Error("failed to echo binary: the server closed the connection"));
    socket.onBytes = (count, bytes) => {
      if (!answer.subarray(received, received + count).equals(bytes))
        reject(new Error("failed to echo binary: other bytes"));
      received += count;
      if (received === answer.length) resolve();
    };
    socket.write(message);
  });
}

export function run({ sockets, message, answerBytes }, { units }) {
  const rounds = Math.max(1, Math.floor(units / (2 * BINARY_BYTES * sockets.length)));
  return new Promise((resolve, reject) => {
    let running = sockets.length;
    for (const socket of sockets) {
      let received = 0;
      let round = 0;
      socket.onClose = () => reject(new Error("failed to echo binary: the server closed the connection"));
      socket.onBytes = (count) => {
        received += count;
        if (received < answerBytes) return;
        if (received > answerBytes) reject(new Error("failed to echo binary: more bytes than were asked for"));
        received = 0;
        if (++round < rounds) socket.write(message);
        else if (--running === 0) resolve({ units: rounds * 2 * BINARY_BYTES * sockets.length });
      };
      socket.write(message);
    }
  });
}

export const close = ({ sockets }) => Promise.all(sockets.map((socket) => socket.close()));
