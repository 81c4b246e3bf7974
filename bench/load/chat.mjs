// A busy chat: everybody in one room says something at the same moment, and everybody gets all of it; then the next wave.
import { EVENTS } from "../messages.mjs";
import { clientFrame, serverFrameBytes } from "./frames.mjs";
import { close, open } from "./broadcast.mjs";

export { close, open };

export function run(sockets, { dialect, units }) {
  const request = clientFrame(dialect.request(EVENTS.news));
  const deliveries = sockets.length ** 2;
  const waveBytes = serverFrameBytes(dialect.news) * deliveries;
  const waves = Math.max(1, Math.floor(units / deliveries));

  return new Promise((resolve, reject) => {
    let wave = 0;
    let received = 0;
    const speak = () => {
      for (const socket of sockets) socket.write(request);
    };
    const onBytes = (count) => {
      received += count;
      if (received < waveBytes) return;
      if (received > waveBytes) {
        reject(new Error("failed to chat: more bytes than were asked for"));
        return;
      }
      received = 0;
      if (++wave === waves) resolve({ units: waves * deliveries });
      else speak();
    };
    for (const socket of sockets) {
      socket.onBytes = onBytes;
      socket.onClose = () => reject(new Error("failed to chat: the server closed a connection"));
    }
    speak();
  });
}
