// The nginx block of the deployment guide, run as it stands: a real nginx before two servers, a client on each transport through it; and
// what becomes of sessions when that nginx is reloaded, crashes or is restarted.
import { io, type Socket } from "@everwire/client";
import { startServer } from "@everwire/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Nginx } from "./nginx.js";

const WAYS = [["polling"], ["websocket"], ["polling", "websocket"]];

let nginx: Nginx;
let servers: Awaited<ReturnType<typeof startServer>>[];
/** Numbers that the servers heard. */
let heard: number[];

beforeAll(async () => {
  servers = await Promise.all([startServer(), startServer()]);
  for (const { io: server } of servers)
    server.on("connection", (socket) => {
      socket.on("echo", (value, ack) => ack(value));
      socket.on("say", (number: number, ack) => {
        heard.push(number);
        socket.emit("said", number);
        ack(number);
      });
    });
  const [first, second] = servers.map(({ url }) => Number(new URL(url).port)) as [number, number];
  nginx = await Nginx.start(first, second);
});

afterAll(async () => {
  await nginx.close();
  await Promise.all(servers.map((server) => server.close()));
});

/** Connected, and on the last of its transports. */
async function connect(transports: string[], options: object = {}): Promise<Socket> {
  const socket = io(nginx.url, { transports, forceNew: true, ...options });
  onTestFinished(() => void socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  if (socket.io.engine.transport.name !== transports.at(-1))
    await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
  expect(socket.io.engine.transport.name).toBe(transports.at(-1));
  return socket;
}

describe("the deployment guide's nginx configuration", () => {
  it.each(WAYS)("carries %s %s", async (...transports) => {
    const socket = await connect(transports);
    const bytes = Buffer.alloc(300_000, 7);
    expect(Buffer.compare(Buffer.from(await socket.timeout(10_000).emitWithAck("echo", bytes)), bytes)).toBe(0);
  });
});

describe("a session goes on, with nothing lost or doubled, over an nginx", () => {
  const troubles: [string, () => unknown][] = [
    ["is reloaded", () => nginx.reload()],
    ["crashes", () => nginx.killWorkers()],
    ["is restarted", () => nginx.restart()],
  ];
  const cases = troubles.flatMap(([name, strike]) =>
    WAYS.map((transports) => ({ name, strike, transports, way: transports.join(" then ") })),
  );

  it.each(cases)("that $name, $way", async ({ strike, transports }) => {
    heard = [];
    const socket = await connect(transports, { resume: true });
    const said: number[] = [];
    const left: string[] = [];
    socket.on("said", (number: number) => said.push(number));
    socket.on("disconnect", (reason) => left.push(reason));
    const { id } = socket;
    const answers: Promise<unknown>[] = [];
    const say = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        answers.push(socket.timeout(20_000).emitWithAck("say", answers.length + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await say(20);
    const isOver = strike();
    await say(60);
    await isOver;
    await say(20);
    const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(await Promise.all(answers)).toEqual(numbers);
    expect(heard).toEqual(numbers);
    expect(said).toEqual(numbers);
    expect(left).toEqual([]);
    expect(socket.id).toBe(id);
  });
});
