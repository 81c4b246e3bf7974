// What the server of a bed answers to the features of page/*.js: the other half of each.
import { until } from "@everwire/testkit";

const BYTES = [0, 1, 10, 13, 30, 127, 128, 194, 255];
/** For an answer that comes, and for one that does not. */
const ANSWER_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 50;

/**
 * @param {import("@everwire/server").Server} io
 * @param {{ breakLine(outageMs: number): void, restart(): void, onStaying(socket: import("@everwire/server").Socket): void }} bed
 */
export function listen(io, bed) {
  io.on("connection", (socket) => {
    const numbers = [];
    socket.on("echo", (value, ack) => {
      socket.emit("echoed", value);
      ack(value);
    });
    socket.on("bounce", (value, ack) => ack(value));
    socket.on("whoami", (ack) => ack(socket.id, socket.conn.transport.name));
    socket.on("secure", (ack) => ack(socket.handshake.secure));
    socket.on("cookie", (ack) => ack(socket.handshake.headers.cookie ?? ""));
    socket.on("bytes", ({ list: [text, binary] }, ack) => {
      socket.emit("bytes", { list: [text, Buffer.from(BYTES)] });
      ack(Buffer.isBuffer(binary) ? [...binary] : binary, Buffer.from(BYTES));
    });
    socket.on("give bytes", (ack) => ack(Buffer.from(BYTES)));
    socket.on("ask me", (number, ack) => void askBack(socket, number).then((answers) => ack(...answers)));
    socket.on("restart", () => bed.restart());
    socket.on("number", (number) => numbers.push(number));
    socket.on("numbers", (ack) => ack(numbers));
    socket.on("break", (first, count, outageMs) => {
      const send = (from) => {
        for (let number = from; number < from + count; number++) socket.emit("number", number);
      };
      send(first);
      void breakLine(socket, bed, outageMs).then(() => send(first + count));
    });
  });

  for (const name of ["/first", "/second"])
    io.of(name).on("connection", (socket) => {
      socket.on("greet", () => socket.emit("hello", socket.nsp.name));
      socket.on("whoami", (ack) => ack(socket.id));
    });

  io.of("/guarded").use((socket, next) => {
    if (socket.handshake.auth.token === "right") next();
    else next(Object.assign(new Error("not you"), { data: { code: 4001, text: "𝒳" } }));
  });

  io.of("/staying").on("connection", (socket) => {
    socket.on("settled", () => bed.onStaying(socket));
  });
}

/** Between two polls there is nothing to break: the browser would ask again, and the session go on unharmed. */
async function breakLine(socket, bed, outageMs) {
  await until(() => socket.conn.transport.writable, "a line to break");
  bed.breakLine(outageMs);
}

async function askBack(socket, number) {
  const answer = await new Promise((resolve, reject) => {
    socket.timeout(ANSWER_TIMEOUT_MS).emit("question", number, (error, ...answers) => {
      if (error) reject(error);
      else resolve(answers);
    });
  });
  const late = await new Promise((resolve) => {
    socket.timeout(SILENCE_TIMEOUT_MS).emit("unanswered", (error) => resolve(error?.message ?? "an answer"));
  });
  return [answer, late];
}
