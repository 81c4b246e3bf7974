// An open loop: messages leave by a schedule, whatever the answers do, and how long one takes is counted from when it was due. A server that
// stalls is so charged for all that waited (no coordinated omission). The loop spins, for timers are too coarse; its core is its own.
import { clientFrame, serverFrameBytes } from "./frames.mjs";
import { open as openEcho } from "./echo.mjs";

export { close } from "./echo.mjs";

export const open = (options) => openEcho({ ...options, options: { inFlight: 1 } });

/** `rate` messages a second, over all connections in turn. */
export function run(sockets, { dialect, units, rate }) {
  const frame = clientFrame(dialect.echo.request);
  const answerBytes = serverFrameBytes(dialect.echo.answer);
  const stepUs = 1e6 / rate;
  const latencies = new Float64Array(units);
  const due = sockets.map(() => []);
  const nowUs = () => performance.now() * 1_000;

  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    for (const [index, socket] of sockets.entries()) {
      let partial = 0;
      socket.onClose = () => reject(new Error("failed to echo: the server closed a connection"));
      socket.onBytes = (count) => {
        const now = nowUs();
        for (partial += count; partial >= answerBytes; partial -= answerBytes) {
          if (due[index].length === 0) return reject(new Error("failed to echo: more bytes than were asked for"));
          latencies[answered++] = now - due[index].shift();
        }
        if (answered === units) resolve({ units, figures: percentiles(latencies) });
      };
    }
    const startUs = nowUs();
    const send = () => {
      for (; sent < units && startUs + sent * stepUs <= nowUs(); sent++) {
        const index = sent % sockets.length;
        due[index].push(startUs + sent * stepUs);
        sockets[index].write(frame);
      }
      if (sent < units) setImmediate(send);
    };
    send();
  });
}

function percentiles(latencies) {
  const sorted = latencies.toSorted();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}
