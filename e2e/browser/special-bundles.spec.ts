// The bundles for special uses, by a script tag: MessagePack in the place of JSON, and the engine alone.
import type * as Engine from "@everwire/client/engine";
import parser from "@everwire/parser-msgpack";
import { isEverwire } from "./support/peer.js";
import { connect, emitWithAck, expect, SCRIPT_WAYS, test, transportOf } from "./support/test.js";

for (const way of SCRIPT_WAYS) {
  test(`the msgpack bundle talks to a server with a msgpack parser (${way.name})`, async ({ startSite, openPage }) => {
    const site = await startSite({
      server: { parser },
      setup: (io) => {
        io.on("connection", (socket) => {
          socket.on("echo", (value: unknown, ack: (value: unknown) => void) => ack(value));
          socket.on(
            "kind",
            (value: { at: unknown; none?: unknown; bytes: unknown }, ack: (kinds: unknown[]) => void) => {
              ack([value.at instanceof Date, "none" in value, Buffer.isBuffer(value.bytes)]);
            },
          );
        });
      },
    });
    const page = await openPage(site, "/umd");
    await page.evaluate(() => Reflect.deleteProperty(globalThis, "io"));
    await page.addScriptTag({ url: "/socket.io/socket.io.msgpack.min.js" });
    await connect(page, { way });
    expect(await transportOf(page)).toBe(way.settled);
    expect(await emitWithAck(page, "echo", { text: "grün 𝒳", list: [null, 1.5, -70_000] })).toEqual({
      text: "grün 𝒳",
      list: [null, 1.5, -70_000],
    });
    const [bytes, time, kinds] = await page.evaluate(async () => {
      const back = (await socket.emitWithAck("echo", { bytes: new Uint8Array([1, 2, 3]).buffer, at: new Date(5) })) as {
        bytes: ArrayBuffer;
        at: Date;
      };
      const kinds: unknown = await socket.emitWithAck("kind", {
        bytes: new ArrayBuffer(1),
        at: new Date(),
        none: undefined,
      });
      return [[...new Uint8Array(back.bytes)], back.at.getTime(), kinds];
    });
    expect([bytes, time]).toEqual([[1, 2, 3], 5]);
    if (isEverwire) expect(kinds).toEqual([true, true, true]);
  });
}

test("the msgpack bundle and a server that speaks JSON part with a reason", async ({ startSite, openPage }) => {
  const site = await startSite();
  const page = await openPage(site, "/umd");
  await page.evaluate(() => Reflect.deleteProperty(globalThis, "io"));
  await page.addScriptTag({ url: "/socket.io/socket.io.msgpack.min.js" });
  const reason = await page.evaluate(
    () =>
      new Promise((resolve) => {
        io({ reconnection: false }).io.on("close", resolve);
      }),
  );
  expect(reason).toMatch(/^transport (close|error)$/);
  await expect.poll(() => site.io.engine.clientsCount).toBe(0);
});

test("the engine's bundle opens a session and upgrades it", async ({ startSite, openPage }) => {
  test.skip(!isEverwire, "the stock server serves no such file");
  const site = await startSite();
  const page = await openPage(site, "/umd");
  await page.addScriptTag({ url: "/socket.io/everwire.engine.min.js" });
  const [first, name, reason] = await page.evaluate(async () => {
    const { eio } = globalThis as unknown as { eio: typeof Engine & EngineCall };
    const session = eio({ path: "/socket.io" });
    await new Promise<void>((resolve) => session.on("upgrade", () => resolve()));
    const message = new Promise((resolve) => session.on("message", resolve));
    session.send("0");
    const first = await message;
    const closed = new Promise((resolve) => session.on("close", resolve));
    session.close();
    return [first, session.transport.name, await closed, session instanceof eio.Socket];
  });
  expect([first, name, reason]).toEqual([expect.stringMatching(/^0\{"sid"/), "websocket", "forced close"]);
});

type EngineCall = (options: object) => Engine.Socket;
