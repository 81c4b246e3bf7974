// The upgrade when the network and the two sides get in each other's way: cut anywhere, slowed down, busy in both directions.
import {
  encodeFrame,
  once,
  RawEngineClient,
  type RawPolling,
  RawTcp,
  type RawWebSocket,
  startFaultProxy,
  turns,
  until,
  upgradeRequest,
} from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { expect, onTestFinished, test } from "vitest";
import { ENGINE_PATH, engineUnderTest } from "./support.js";

/** Numbers what it sends, and takes the noops out of what it gets. */
const withoutNoops = (packets: string[]): string[] => packets.filter((packet) => packet !== "6");

async function goesOnPolling(polling: RawPolling, session: Session, word: string): Promise<void> {
  const heard = once(session, "message");
  await polling.push(`4${word}`);
  expect((await heard)[0]).toBe(word);
  session.send(word);
  expect(withoutNoops(await polling.packets())).toContain(`4${word}`);
}

test("cut anywhere in its handshake and its probe, it leaves the session on polling", async () => {
  const { client, port, nextSession } = await engineUnderTest();
  const connected = nextSession();
  const polling = await client.polling();
  const session = await connected;
  const { pathname, searchParams } = new URL(polling.url());
  searchParams.set("transport", "websocket");
  const bytes = Buffer.concat([
    Buffer.from(upgradeRequest(`${pathname}?${searchParams.toString()}`), "latin1"),
    encodeFrame("2probe"),
  ]);
  for (let at = 1; at <= bytes.length; at += 11) {
    const tcp = await RawTcp.open(port);
    tcp.write(bytes.subarray(0, at));
    await turns(at % 3);
    if (at % 2 === 0) tcp.reset();
    else tcp.destroy();
  }
  await until(() => !session.upgrading, "no upgrade left");
  expect(session.transport.name).toBe("polling");
  await goesOnPolling(polling, session, "still here");
  // And it can still be upgraded.
  const { socket } = await client.upgrade(polling);
  await until(() => session.upgraded, "the upgrade");
  await socket.close();
  polling.release();
});

/** Sends `count` numbered messages each way, moving up to WebSocket in the middle; both sides get all of them in order. */
async function busyUpgrade(client: RawEngineClient, nextSession: () => Promise<Session>, count: number): Promise<void> {
  const connected = nextSession();
  const polling = await client.polling();
  const session = await connected;
  const heard: unknown[] = [];
  session.on("message", (data: unknown) => heard.push(data));
  let said = 0;
  const talking = setInterval(() => {
    for (let i = 0; i < 5 && said < count; i++) session.send(`s${String(said++)}`);
    if (said >= count) clearInterval(talking);
  }, 3);
  onTestFinished(() => {
    clearInterval(talking);
  });

  let pushed = 0;
  const got: string[] = [];
  for (; pushed < count / 4; pushed++) await polling.push(`4c${String(pushed)}`);
  // As clients do: probe while polling goes on, then let the running poll end, and only then say "upgrade".
  const probing = client.probe(polling.sid);
  let socket: RawWebSocket | undefined;
  void probing.then((opened) => {
    socket = opened;
  });
  while (socket === undefined) {
    got.push(...withoutNoops(await polling.packets()));
    if (pushed < count / 2) await polling.push(`4c${String(pushed++)}`);
  }
  socket.send("5");
  for (; pushed < count; pushed++) socket.send(`4c${String(pushed)}`);
  while (got.length < count) got.push(await socket.nextText());
  await until(() => heard.length >= count, "every message");
  expect(got).toEqual(Array.from({ length: count }, (_, i) => `4s${String(i)}`));
  expect(heard).toEqual(Array.from({ length: count }, (_, i) => `c${String(i)}`));
  await socket.close();
  polling.release();
}

test("busy in both directions, it loses, doubles and swaps nothing", async () => {
  const { client, nextSession } = await engineUnderTest();
  for (let round = 0; round < 5; round++) await busyUpgrade(client, nextSession, 60);
});

test.each([
  { title: "slow", toxics: { latencyMs: 15, jitterMs: 10 } },
  { title: "cut into slices of seven bytes", toxics: { sliceBytes: 7 } },
])("through a network that is $title, it loses, doubles and swaps nothing", async ({ toxics }) => {
  const { port, nextSession } = await engineUnderTest();
  const proxy = await startFaultProxy(port, toxics);
  onTestFinished(() => proxy.close());
  await busyUpgrade(new RawEngineClient(proxy.url, { path: ENGINE_PATH }), nextSession, 40);
});

test("a burst sent in the turn of the upgrade arrives whole and in order", async () => {
  const { client, nextSession } = await engineUnderTest();
  const connected = nextSession();
  const polling = await client.polling();
  const session = await connected;
  const burst = Array.from({ length: 100 }, (_, i) => `burst ${String(i)}`);
  session.on("upgrade", () => {
    for (const text of burst.slice(50)) session.send(text);
  });
  const poll = polling.packets();
  const socket = await client.probe(polling.sid);
  await poll;
  for (const text of burst.slice(0, 50)) session.send(text);
  socket.send("5");
  for (const text of burst) expect(await socket.nextText()).toBe(`4${text}`);
  await socket.close();
  polling.release();
});

test("closing in the turn of the upgrade still closes", async () => {
  const { client, nextSession, engine } = await engineUnderTest();
  const connected = nextSession();
  const polling = await client.polling();
  const session = await connected;
  session.on("upgrade", () => {
    session.send("last words");
    session.close();
  });
  const poll = polling.packets();
  const socket = await client.probe(polling.sid);
  await poll;
  socket.send("5");
  expect(await socket.nextText()).toBe("4last words");
  await socket.closed();
  await until(() => engine.clientsCount === 0, "no session left");
  polling.release();
});

test("the poll that waits is let go again and again until the client is done", async () => {
  const { client, nextSession } = await engineUnderTest();
  const connected = nextSession();
  const polling = await client.polling();
  const session = await connected;
  const poll = polling.packets();
  const socket = await client.probe(polling.sid);
  expect(await poll).toEqual(["6"]);
  for (let i = 0; i < 3; i++) expect(await polling.packets()).toEqual(["6"]);
  session.send("over polling");
  expect(withoutNoops(await polling.packets())).toEqual(["4over polling"]);
  socket.send("5");
  await until(() => session.upgraded, "the upgrade");
  await socket.close();
  polling.release();
});
