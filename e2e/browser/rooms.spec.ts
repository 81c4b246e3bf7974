// Who gets what: rooms, broadcasts, namespaces, with several pages on one server.
import type { Server } from "@everwire/server";
import { connect, emitWithAck, expect, type Page, test, UPGRADE, WAYS } from "./support/test.js";

/** From now on the page keeps the events `news` that it gets. */
async function collectNews(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.news = [];
    socket.on("news", (item: unknown) => globalThis.news.push(item));
  });
}

/** What came so far. A round trip first: what the server sent before its ack has arrived then. */
async function newsOf(page: Page): Promise<unknown[]> {
  await emitWithAck(page, "sync");
  return page.evaluate(() => globalThis.news);
}

function serveRooms(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("join", async (room: string, ack: () => void) => {
      await socket.join(room);
      ack();
    });
    socket.on("leave", async (room: string, ack: () => void) => {
      await socket.leave(room);
      ack();
    });
    socket.on("tell", (room: string, item: unknown, ack: () => void) => {
      socket.to(room).emit("news", item);
      ack();
    });
    socket.on("sync", (ack: () => void) => {
      ack();
    });
  });
}

for (const way of WAYS) {
  test(`two pages talk to each other (${way.name})`, async ({ startSite, openPage }) => {
    const site = await startSite({
      setup: (io) => {
        io.on("connection", (socket) => {
          socket.on("say", (text: string) => socket.broadcast.emit("said", text));
        });
      },
    });
    const [ada, bo] = [await openPage(site), await openPage(site)];
    await connect(ada, { way });
    await connect(bo, { way });
    for (const page of [ada, bo])
      await page.evaluate(() => {
        globalThis.received = new Promise((resolve) => socket.once("said", resolve));
      });
    await ada.evaluate(() => socket.emit("say", "Hello, Bo 👋🏽"));
    expect(await bo.evaluate(() => globalThis.received)).toBe("Hello, Bo 👋🏽");
    await bo.evaluate(() => socket.emit("say", "Hello, Ada"));
    expect(await ada.evaluate(() => globalThis.received)).toBe("Hello, Ada");
  });
}

test("what is said in a room stays in the room", async ({ startSite, openPage }) => {
  const site = await startSite({ setup: serveRooms });
  const [ada, bo, chi] = [await openPage(site), await openPage(site), await openPage(site)];
  for (const page of [ada, bo, chi]) {
    await connect(page, { way: UPGRADE });
    await collectNews(page);
  }
  await emitWithAck(ada, "join", "den");
  await emitWithAck(bo, "join", "den");
  await emitWithAck(chi, "join", "hall");

  await emitWithAck(ada, "tell", "den", 1);
  await emitWithAck(chi, "tell", "den", 2); // from outside: a room is a target, not a membership card
  await emitWithAck(ada, "tell", "hall", 3);
  await emitWithAck(ada, "tell", "nobody is here", 4);
  site.io.to("den").except("hall").emit("news", 5);
  site.io.to(["den", "hall"]).emit("news", 6);
  site.io.except("den").emit("news", 7);
  expect(await newsOf(ada)).toEqual([2, 5, 6]);
  expect(await newsOf(bo)).toEqual([1, 2, 5, 6]);
  expect(await newsOf(chi)).toEqual([3, 6, 7]);

  await emitWithAck(bo, "leave", "den");
  site.io.in("den").socketsJoin("hall");
  site.io.to("hall").emit("news", 8);
  site.io.to("den").emit("news", 9);
  expect(await newsOf(ada)).toEqual([2, 5, 6, 8, 9]);
  expect(await newsOf(bo)).toEqual([1, 2, 5, 6]);
  expect(await newsOf(chi)).toEqual([3, 6, 7, 8]);
});

test("the names that every object has are rooms and events like others", async ({ startSite, openPage }) => {
  const site = await startSite({ setup: serveRooms });
  const [ada, bo] = [await openPage(site), await openPage(site)];
  for (const page of [ada, bo]) {
    await connect(page);
    await collectNews(page);
  }
  for (const name of ["__proto__", "constructor", "toString"]) {
    await emitWithAck(ada, "join", name);
    await emitWithAck(bo, "tell", name, name);
    const answer = ada.evaluate((name) => new Promise((resolve) => socket.once(name, resolve)), name);
    await emitWithAck(ada, "sync");
    site.io.to(name).emit(name, "as an event");
    expect(await answer).toBe("as an event");
  }
  expect(await newsOf(ada)).toEqual(["__proto__", "constructor", "toString"]);
  expect(await newsOf(bo)).toEqual([]);
});

test("a broadcast collects the acknowledgements of every page", async ({ startSite, openPage }) => {
  const site = await startSite({ setup: serveRooms });
  const pages = [await openPage(site), await openPage(site), await openPage(site)];
  for (const [index, page] of pages.entries()) {
    await connect(page, { way: UPGRADE });
    await page.evaluate((index) => {
      socket.on("count", (factor: number, ack: (value: number) => void) => {
        ack(factor * index);
      });
      // The third page stays silent here.
      socket.on("maybe", (ack: (value: number) => void) => {
        if (index < 2) ack(index);
      });
    }, index);
    await emitWithAck(page, "sync");
  }
  const counted = (await site.io.timeout(5_000).emitWithAck("count", 10)) as number[];
  expect(counted.sort()).toEqual([0, 10, 20]);
  const [error, answers] = await new Promise<[Error | null, unknown[]]>((resolve) => {
    site.io.timeout(300).emit("maybe", (error: Error | null, answers: unknown[]) => {
      resolve([error, answers]);
    });
  });
  expect(error?.message).toBe("operation has timed out");
  expect(answers).toHaveLength(2);
});

test("namespaces share one connection and keep apart what they say", async ({ startSite, openPage }) => {
  const site = await startSite({
    setup: (io) => {
      io.of("/news").on("connection", (socket) => {
        socket.on("where", (ack: (name: string) => void) => {
          ack(socket.nsp.name);
        });
      });
      io.of(/^\/tenant-\d+$/).on("connection", (socket) => {
        socket.on("where", (ack: (name: string) => void) => {
          ack(socket.nsp.name);
        });
      });
    },
  });
  const page = await openPage(site);
  await connect(page, { way: UPGRADE });
  const seen = await page.evaluate(async () => {
    const connected = (name: string): Promise<typeof socket> =>
      new Promise((resolve, reject) => {
        const other = io(name);
        other.once("connect", () => resolve(other));
        other.once("connect_error", reject);
      });
    const [news, tenant] = [await connected("/news"), await connected("/tenant-42")];
    const got: string[] = [];
    socket.on("news", () => got.push("/"));
    news.on("news", () => got.push("/news"));
    tenant.on("news", () => got.push("/tenant-42"));
    Object.assign(globalThis, { got, newsSocket: news });
    const unknown = await connected("/nowhere").catch((error: unknown) => (error as Error).message);
    return {
      sameManager: news.io === socket.io && tenant.io === socket.io,
      ids: new Set([socket.id, news.id, tenant.id]).size,
      where: [await news.emitWithAck("where"), await tenant.emitWithAck("where")] as unknown[],
      unknown,
    };
  });
  expect(seen).toEqual({ sameManager: true, ids: 3, where: ["/news", "/tenant-42"], unknown: "Invalid namespace" });
  expect(site.io.engine.clientsCount).toBe(1);

  site.io.of("/news").emit("news");
  site.io.of("/tenant-42").emit("news");
  site.io.of("/tenant-42").emit("news");
  await expect
    .poll(() => page.evaluate(() => (globalThis as unknown as { got: string[] }).got))
    .toEqual(["/news", "/tenant-42", "/tenant-42"]);

  // One namespace is left, the connection stays for the others.
  await page.evaluate(() => {
    (globalThis as unknown as { newsSocket: typeof socket }).newsSocket.disconnect();
  });
  await expect.poll(() => site.io.of("/news").sockets.size).toBe(0);
  expect(site.sockets).toHaveLength(1);
  expect(site.io.engine.clientsCount).toBe(1);
});
