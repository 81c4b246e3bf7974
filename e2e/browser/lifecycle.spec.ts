// What a page lives through: servers that restart, networks that go away, packets that get lost.
import { isEverwire } from "./support/peer.js";
import { connect, emitWithAck, expect, test, transportOf, UPGRADE, WAYS, WEBSOCKET } from "./support/test.js";

/** Short delays, so that a test that waits for a reconnect is short. */
const EAGER = { reconnectionDelay: 50, reconnectionDelayMax: 200 };
/** A break is a disconnect, as with the stock server; what resume makes of it is in resume.spec.ts. */
const PLAIN = { ...EAGER, resume: false };

for (const way of WAYS) {
  test(`a page comes back after a restart of the server, with what it had to say (${way.name})`, async ({
    startSite,
    openPage,
  }) => {
    const got: string[] = [];
    const site = await startSite({
      setup: (io) => {
        io.on("connection", (socket) => {
          socket.on("say", (text: string, ack?: () => void) => {
            got.push(text);
            ack?.();
          });
        });
      },
    });
    const page = await openPage(site);
    await connect(page, { way, options: EAGER });
    await emitWithAck(page, "say", "before");
    await page.evaluate(() => {
      globalThis.received = new Promise((resolve) => socket.once("disconnect", resolve));
      globalThis.news = [];
      socket.io.on("reconnect_attempt", () => globalThis.news.push("attempt"));
      socket.io.on("reconnect", () => globalThis.news.push("reconnect"));
      socket.on("connect", () => globalThis.news.push("connect"));
    });

    await site.stop();
    expect(await page.evaluate(() => globalThis.received)).toMatch(/^transport (close|error)$/);
    await page.evaluate(() => {
      socket.emit("say", "while away 1");
      socket.emit("say", "while away 2");
    });
    // The stock client keeps a volatile event if the transport that is gone was idle.
    if (isEverwire)
      await page.evaluate(() => {
        socket.volatile.emit("say", "not worth keeping");
      });
    await expect.poll(() => page.evaluate(() => globalThis.news)).toContain("attempt");

    await site.start();
    await expect.poll(() => page.evaluate(() => socket.connected)).toBe(true);
    await emitWithAck(page, "say", "after");
    expect(got).toEqual(["before", "while away 1", "while away 2", "after"]);
    expect(await page.evaluate(() => globalThis.news.filter((item) => item !== "attempt"))).toEqual([
      "reconnect",
      "connect",
    ]);
    expect(await page.evaluate(() => socket.recovered)).toBeFalsy();
    await expect.poll(() => transportOf(page)).toBe(way.settled);
    expect(site.io.engine.clientsCount).toBe(1);
  });
}

test("a page that goes offline says so at once, and comes back when it is online", async ({
  startSite,
  openPage,
  context,
}) => {
  const got: string[] = [];
  const site = await startSite({
    setup: (io) => {
      io.on("connection", (socket) => {
        socket.on("say", (text: string) => got.push(text));
      });
    },
  });
  const page = await openPage(site);
  await connect(page, { way: UPGRADE, options: PLAIN });
  await page.evaluate(() => {
    globalThis.received = new Promise((resolve) => socket.once("disconnect", resolve));
  });
  await context.setOffline(true);
  expect(await page.evaluate(() => globalThis.received)).toBe("transport close");
  await page.evaluate(() => socket.emit("say", "written offline"));
  expect(await page.evaluate(() => [navigator.onLine, socket.connected, socket.active])).toEqual([false, false, true]);

  await context.setOffline(false);
  await expect.poll(() => page.evaluate(() => socket.connected)).toBe(true);
  await expect.poll(() => got).toEqual(["written offline"]);
});

for (const way of WAYS) {
  test(`a short break is recovered: same id, same rooms, nothing missed (${way.name})`, async ({
    startSite,
    openPage,
  }) => {
    const site = await startSite({
      server: { connectionStateRecovery: {} },
      setup: (io) => {
        io.on("connection", async (socket) => {
          if (!socket.recovered) {
            socket.data.name = "Ada";
            await socket.join("den");
          }
          socket.on("sync", (ack: (seen: unknown) => void) => {
            ack([socket.recovered, socket.data.name, [...socket.rooms].includes("den")]);
          });
        });
      },
    });
    const page = await openPage(site);
    await connect(page, { way, options: PLAIN });
    await page.evaluate(() => {
      globalThis.news = [];
      socket.on("news", (item: unknown) => globalThis.news.push(item));
    });
    const id = await page.evaluate(() => socket.id);
    await emitWithAck(page, "sync");
    site.io.to("den").emit("news", 1);
    await expect.poll(() => page.evaluate(() => globalThis.news)).toEqual([1]);

    const lost = new Promise((resolve) => site.socket.once("disconnect", resolve));
    // Between two polls there is nothing to break: the browser would ask again, and the session go on unharmed.
    await expect.poll(() => site.socket.conn.transport.writable).toBe(true);
    site.cut();
    await lost;
    site.io.to("den").emit("news", 2);
    site.io.emit("news", { binary: Buffer.from([3]) });
    site.io.to("elsewhere").emit("news", "not for us");
    site.io.to("den").emit("news", 4);

    await expect.poll(() => page.evaluate(() => [socket.connected, socket.recovered])).toEqual([true, true]);
    expect(await page.evaluate(() => socket.id)).toBe(id);
    expect(await emitWithAck(page, "sync")).toEqual([true, "Ada", true]);
    site.io.to("den").emit("news", 5);
    await expect
      .poll(() =>
        page.evaluate(() =>
          globalThis.news.map((item) =>
            typeof item === "object" ? [...new Uint8Array((item as { binary: ArrayBuffer }).binary)] : item,
          ),
        ),
      )
      .toEqual([1, 2, [3], 4, 5]);
  });
}

test("with retries, an event is sent again until it is acknowledged, in order", async ({ startSite, openPage }) => {
  const got: unknown[] = [];
  const site = await startSite({
    setup: (io) => {
      io.on("connection", (socket) => {
        socket.on("say", (item: unknown, ack: (answer: string) => void) => {
          got.push(item);
          // The first try of each is answered by silence.
          if (got.filter((other) => other === item).length === 2) ack(`got ${String(item)}`);
        });
      });
    },
  });
  const page = await openPage(site);
  await connect(page, { options: { retries: 3, ackTimeout: 150 } });
  const answers = await page.evaluate(() =>
    Promise.all(
      [1, 2].map((item) => new Promise((resolve) => socket.emit("say", item, (...args: unknown[]) => resolve(args)))),
    ),
  );
  expect(answers).toEqual([
    [null, "got 1"],
    [null, "got 2"],
  ]);
  expect(got).toEqual([1, 1, 2, 2]);
});

test("retries come to an end, and say so", async ({ startSite, openPage }) => {
  let tries = 0;
  const site = await startSite({
    setup: (io) => {
      io.on("connection", (socket) => {
        socket.on("say", () => tries++);
      });
    },
  });
  const page = await openPage(site);
  await connect(page, { options: { retries: 2, ackTimeout: 50 } });
  const error = await page.evaluate(
    () => new Promise((resolve) => socket.emit("say", (error: Error) => resolve(error.message))),
  );
  expect(error).toBe("operation has timed out");
  expect(tries).toBe(3);
});

test("what waited for an acknowledgement when the line broke is told", async ({ startSite, openPage }) => {
  const site = await startSite();
  const page = await openPage(site);
  await connect(page, { way: WEBSOCKET, options: PLAIN });
  await page.evaluate(() => {
    globalThis.received = socket
      .timeout(60_000)
      .emitWithAck("nobody answers")
      .catch((error: unknown) => (error as Error).message);
  });
  await expect.poll(() => site.sockets.length).toBe(1);
  site.cut();
  expect(await page.evaluate(() => globalThis.received)).toBe("socket has been disconnected");
});

test("a page that the server sends away stays away until it asks again", async ({ startSite, openPage }) => {
  const site = await startSite();
  const page = await openPage(site);
  await connect(page, { way: UPGRADE, options: EAGER });
  await page.evaluate(() => {
    globalThis.received = new Promise((resolve) => socket.once("disconnect", resolve));
  });
  site.io.disconnectSockets();
  expect(await page.evaluate(() => globalThis.received)).toBe("io server disconnect");
  expect(await page.evaluate(() => [socket.connected, socket.active])).toEqual([false, false]);
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        socket.once("connect", resolve);
        socket.connect();
      }),
  );
  expect(site.sockets).toHaveLength(1);
});

test("the heartbeat keeps an idle page connected", async ({ startSite, openPage }) => {
  const site = await startSite({ server: { pingInterval: 100, pingTimeout: 300 } });
  const page = await openPage(site);
  await connect(page, { way: UPGRADE });
  const pings = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let count = 0;
        socket.io.on("ping", () => {
          if (++count === 8) resolve(count);
        });
        socket.on("disconnect", () => resolve(-1));
      }),
  );
  expect(pings).toBe(8);
});
