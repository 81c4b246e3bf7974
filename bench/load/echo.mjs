// Echo: each connection keeps `inFlight` messages under way. In step: a window goes out in one write and the next one when all of it is
// back. Sliding: each answer is followed by a new message, as a busy client does it. With `acks`, each message asks for an acknowledgement.
import { clientFrame, FrameReader, serverFrameBytes } from "./frames.mjs";
import { openMany } from "./raw-socket.mjs";

/** Ids of acknowledgements have two digits, so that all frames are as long. */
const FIRST_ACK_ID = 10;

export async function open({ port, dialect, connections, options }) {
  const sockets = await openMany(port, dialect, connections);
  for (const socket of sockets.slice(0, 2)) await checkAnswers(socket, exchanges(dialect, options));
  return sockets;
}

const exchanges = (dialect, { inFlight, acks }) =>
  Array.from({ length: inFlight }, (_, index) => (acks ? dialect.ack(FIRST_ACK_ID + index) : dialect.echo));

/** Before bytes are counted: what comes back is the right answer to each message, in order. */
export function checkAnswers(socket, expected) {
  const reader = new FrameReader();
  let answered = 0;
  return new Promise((resolve, reject) => {
    socket.onClose = () => reject(new Error("failed to echo: the server closed a connection"));
    socket.onBytes = (_count, bytes) => {
      for (const text of reader.push(bytes)) {
        const { request, answer } = expected[answered++];
        if (text !== answer) reject(new Error(`failed to echo: sent ${request}, got ${text}`));
        else if (answered === expected.length) resolve();
      }
    };
    socket.write(Buffer.concat(expected.map(({ request }) => clientFrame(request))));
  });
}

export function run(sockets, { dialect, units, sliding = false, ...options }) {
  const { inFlight } = options;
  const expected = exchanges(dialect, options);
  const frames = expected.map(({ request }) => clientFrame(request));
  const window = Buffer.concat(frames);
  const frameBytes = frames[0].length;
  const answerBytes = serverFrameBytes(expected[0].answer);
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
          if (more > 0) socket.write(window.subarray(0, more * frameBytes));
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
