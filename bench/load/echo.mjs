// Echo: each connection keeps `inFlight` messages under way. In step: a window goes out in one write and the next one when all of it is
// back. Sliding: each answer is followed by a new message, as a busy client does it.
import { clientFrame, FrameReader, serverFrameBytes } from "./frames.mjs";
import { openMany } from "./raw-socket.mjs";

export async function open({ port, dialect, connections }) {
  const sockets = await openMany(port, dialect, connections);
  await checkAnswers(sockets, dialect);
  return sockets;
}

/** Before bytes are counted: what comes back is what was sent. */
async function checkAnswers(sockets, dialect) {
  for (const socket of sockets.slice(0, 2)) {
    const reader = new FrameReader();
    const answered = new Promise((resolve, reject) => {
      socket.onBytes = (_count, bytes) => {
        const [text] = reader.push(bytes);
        if (text === undefined) return;
        if (text === dialect.echo) resolve();
        else reject(new Error(`failed to echo: sent ${dialect.echo}, got ${text}`));
      };
    });
    socket.write(clientFrame(dialect.echo));
    await answered;
  }
}

export function run(sockets, { dialect, units, inFlight, sliding = false }) {
  const frame = clientFrame(dialect.echo);
  const window = Buffer.concat(Array.from({ length: inFlight }, () => frame));
  const answerBytes = serverFrameBytes(dialect.echo);
  const quota = Math.max(inFlight, Math.floor(units / sockets.length / inFlight) * inFlight);

  return new Promise((resolve, reject) => {
    let running = sockets.length;
    for (const socket of sockets) {
      let sent = inFlight;
      let answered = 0;
      let partial = 0;
      let back = 0;
      socket.onClose = () => reject(new Error("failed to echo: the server closed a connection"));
      socket.onBytes = (count) => {
        partial += count;
        const complete = Math.floor(partial / answerBytes);
        if (complete === 0) return;
        partial -= complete * answerBytes;
        answered += complete;
        back += complete;
        if (answered > sent) reject(new Error("failed to echo: more bytes than were asked for"));
        else if (answered >= quota) {
          if (--running === 0) resolve({ units: quota * sockets.length });
        } else if (sliding) {
          const more = Math.min(complete, quota - sent);
          sent += more;
          if (more > 0) socket.write(window.subarray(0, more * frame.length));
        } else if (back === inFlight) {
          back = 0;
          sent += inFlight;
          socket.write(window);
        }
      };
      socket.write(window);
    }
  });
}

export const close = (sockets) => Promise.all(sockets.map((socket) => socket.close()));
