// The application of the two servers that share the API: socket.io and everwire run the same lines.
import { EVENTS, TEXT } from "../workloads.mjs";

/** Heartbeats are on, but none falls into a round: the load counts bytes. */
export const OPTIONS = { pingInterval: 600_000, serveClient: false };

export function serve(io) {
  io.on("connection", (socket) => {
    socket.on(EVENTS.echo, (data) => {
      socket.emit(EVENTS.echo, data);
    });
    socket.on(EVENTS.news, () => {
      io.emit(EVENTS.news, TEXT);
    });
    socket.on(EVENTS.burst, () => {
      for (let index = 0; index < 8; index++) io.emit(EVENTS.news, TEXT);
    });
  });
}
