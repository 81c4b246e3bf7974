// Work that the server does by itself: the load asks for so much of it, and the answer tells what came of it.
import { EVENTS, TEXT } from "../messages.mjs";
import { clientFrame, FrameReader } from "./frames.mjs";
import { openMany } from "./raw-socket.mjs";

export const open = ({ port, dialect, connections }) => openMany(port, dialect, connections);

/** `each`: what one unit of the work adds to the answer. Events with an acknowledgement that come before the answer are acknowledged. */
export async function run(sockets, { dialect, units, event, each }) {
  const [socket] = sockets;
  const reader = new FrameReader();
  const result = each === "connections" ? units * sockets.length : units;
  const answered = new Promise((resolve, reject) => {
    socket.onClose = () => reject(new Error(`failed to ask for ${event}: the server closed the connection`));
    socket.onBytes = (_count, bytes) => {
      const acks = [];
      for (const text of reader.push(bytes)) {
        const id = /^42(\d+)\["ticks",/.exec(text)?.[1];
        if (id !== undefined)
          acks.push(clientFrame(`43${id}${JSON.stringify(JSON.parse(text.slice(2 + id.length)).slice(1))}`));
        else if (text === dialect.answer(EVENTS.done, result)) resolve();
        else reject(new Error(`failed to ask for ${event}: the answer is ${text.replace(TEXT, "…")}, not ${result}`));
      }
      if (acks.length > 0) socket.write(Buffer.concat(acks));
    };
  });
  socket.write(clientFrame(dialect.request(event, units)));
  await answered;
  return { units };
}

export const close = (sockets) => Promise.all(sockets.map((socket) => socket.close()));
