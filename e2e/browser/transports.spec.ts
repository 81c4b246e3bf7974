// Everything that a message can be, over each way that a page can take to the server.
import type { Server } from "@everwire/server";
import { connect, emitWithAck, expect, test, transportOf, UPGRADE, WAYS } from "./support/test.js";

const MEGABYTE = 1_048_576;
const SERVER = { maxHttpBufferSize: 4 * MEGABYTE };
/** Outside the basic plane, joined by ZWJ, right to left, combining, and the separator of polling payloads. */
const UNICODE = "€ ünïcode 𝒳 𐍈 👩🏽‍🚀 🏳️‍🌈 שלום e\u0301 \u0000 \u001e \u2028 \uffff";

/** Listeners of both kinds: what comes goes back, as an ack or as an event. */
function echo(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => {
      const ack = args.pop() as (...args: unknown[]) => void;
      ack(...args);
    });
    socket.on("bounce", (...args: unknown[]) => void socket.emit("bounced", ...args));
    socket.on("describe", (value: unknown, ack: (description: unknown) => void) => {
      ack(describe(value));
    });
  });
}

/** Binary parts as text, so that what the server saw can be compared: `Buffer:010203`. */
function describe(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `Buffer:${value.toString("hex")}`;
  if (Array.isArray(value)) return value.map(describe);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, describe(part)]));
  return value;
}

for (const way of WAYS) {
  test.describe(way.name, () => {
    test("connects, and the server agrees on the transport and the id", async ({ startSite, openPage }) => {
      const site = await startSite({ setup: echo });
      const page = await openPage(site);
      await connect(page, { way });
      expect(await transportOf(page)).toBe(way.settled);
      expect(site.sockets.map((socket) => socket.id)).toEqual([await page.evaluate(() => socket.id)]);
      await expect.poll(() => site.sockets[0]?.conn.transport.name).toBe(way.settled);
    });

    test("carries JSON, and text outside the basic plane, both ways", async ({ startSite, openPage }) => {
      const site = await startSite({ setup: echo });
      const page = await openPage(site);
      await connect(page, { way });
      const values = [
        UNICODE,
        0,
        -1.5,
        true,
        false,
        null,
        "",
        [],
        {},
        [[1, { deep: [UNICODE] }]],
        { [UNICODE]: UNICODE },
      ];
      expect(await emitWithAck(page, "echo", ...values)).toEqual(values[0]);
      const bounced = await page.evaluate(
        (values) =>
          new Promise<unknown[]>((resolve) => {
            socket.once("bounced", (...args: unknown[]) => resolve(args));
            socket.emit("bounce", ...values);
          }),
        values,
      );
      expect(bounced).toEqual(values);
    });

    test("carries binary from the page: buffers, views, blobs, files, nested", async ({ startSite, openPage }) => {
      const site = await startSite({ setup: echo });
      const page = await openPage(site);
      await connect(page, { way });
      const seen = await page.evaluate(() => {
        const bytes = Uint8Array.from([9, 9, 0, 1, 2, 255, 9]);
        const value = {
          buffer: bytes.slice(2, 6).buffer,
          view: bytes.subarray(2, 6),
          words: new Uint16Array([0x0201, 0x0403]),
          data: new DataView(bytes.buffer, 3, 2),
          empty: new ArrayBuffer(0),
          blob: new Blob([new Uint8Array([7, 8])]),
          file: new File(["hé"], "name.txt"),
          list: [1, new Uint8Array([1]), { deep: [new Blob(["x"])] }, "text"],
        };
        return socket.timeout(5_000).emitWithAck("describe", value) as Promise<unknown>;
      });
      expect(seen).toEqual({
        buffer: "Buffer:000102ff",
        view: "Buffer:000102ff",
        words: "Buffer:01020304",
        data: "Buffer:0102",
        empty: "Buffer:",
        blob: "Buffer:0708",
        file: "Buffer:68c3a9",
        list: [1, "Buffer:01", { deep: ["Buffer:78"] }, "text"],
      });
    });

    test("carries binary to the page, nested, as ArrayBuffer", async ({ startSite, openPage }) => {
      const site = await startSite({ setup: echo });
      const page = await openPage(site);
      await connect(page, { way });
      await page.evaluate(() => {
        globalThis.received = new Promise((resolve) => socket.once("bytes", resolve));
      });
      const bytes = Uint8Array.from([9, 0, 1, 2, 255, 9]);
      site.io.emit("bytes", {
        buffer: Buffer.from([0, 1, 254]),
        view: bytes.subarray(1, 5),
        words: new Uint16Array([0x0201]),
        arrayBuffer: bytes.buffer.slice(0, 2),
        empty: Buffer.alloc(0),
        list: ["text", { deep: [Buffer.from("hé")] }],
      });
      const seen = await page.evaluate(async () => {
        const describe = (value: unknown): unknown => {
          if (value instanceof ArrayBuffer) return `ArrayBuffer:${[...new Uint8Array(value)].join(",")}`;
          if (Array.isArray(value)) return value.map(describe);
          if (typeof value !== "object" || value === null) return value;
          return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, describe(part)]));
        };
        return describe(await globalThis.received);
      });
      expect(seen).toEqual({
        buffer: "ArrayBuffer:0,1,254",
        view: "ArrayBuffer:0,1,2,255",
        words: "ArrayBuffer:1,2",
        arrayBuffer: "ArrayBuffer:9,0",
        empty: "ArrayBuffer:",
        list: ["text", { deep: ["ArrayBuffer:104,195,169"] }],
      });
    });

    test("carries a message of one megabyte both ways, text and binary", async ({ startSite, openPage }) => {
      const site = await startSite({ server: SERVER, setup: echo });
      const page = await openPage(site);
      await connect(page, { way });
      const same = await page.evaluate(async (size) => {
        const text = "aé€𝒳".repeat(size / 10);
        const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) & 0xff);
        const asked = socket.timeout(20_000);
        const [gotText, gotBytes] = await Promise.all([
          asked.emitWithAck("echo", text) as Promise<string>,
          asked.emitWithAck("echo", bytes) as Promise<ArrayBuffer>,
        ]);
        const view = new Uint8Array(gotBytes);
        return [gotText === text, view.length === size && view.every((byte, index) => byte === bytes[index])];
      }, MEGABYTE);
      expect(same).toEqual([true, true]);
    });

    test("keeps the order of a burst in both directions, while it may be upgrading", async ({
      startSite,
      openPage,
    }) => {
      const site = await startSite({ setup: echo });
      const page = await openPage(site);
      const order = await page.evaluate(
        (transports) =>
          new Promise<unknown[]>((resolve, reject) => {
            globalThis.socket = io({ transports: transportsOf(transports) });
            socket.on("connect_error", reject);
            const got: unknown[] = [];
            socket.on("bounced", (index) => {
              got.push(index);
              if (got.length === 400) resolve(got);
            });
            // Half of it before there is a connection, the rest spread over the time in which an upgrade takes place.
            let next = 0;
            const emit = (count: number): void => {
              for (const end = next + count; next < end; next++)
                socket.emit("bounce", next % 10 === 9 ? new Uint8Array([next >> 8, next & 255]) : next);
              if (next < 400) setTimeout(emit, 1, 10);
            };
            emit(200);
          }).then((got) => got.map((item) => (item instanceof ArrayBuffer ? new DataView(item).getUint16(0) : item))),
        way.transports,
      );
      expect(order).toEqual(Array.from({ length: 400 }, (_, index) => index));
    });

    test("acknowledges both ways", async ({ startSite, openPage }) => {
      const site = await startSite({ setup: echo });
      const page = await openPage(site);
      await connect(page, { way });
      const answers = await page.evaluate(async () => {
        socket.on("question", (text: string, bytes: ArrayBuffer, ack: (...args: unknown[]) => void) => {
          ack(`${text}!`, bytes.byteLength, new Uint8Array([4, 2]));
        });
        const byCallback = await new Promise((resolve) => {
          socket.emit("echo", 1, "two", (...args: unknown[]) => resolve(args));
        });
        return [byCallback, await socket.emitWithAck("echo", { three: 3 })];
      });
      expect(answers).toEqual([[1, "two"], { three: 3 }]);

      const byCallback = new Promise<unknown[]>((resolve) => {
        site.socket.emit("question", "why", Buffer.from([1, 2, 3]), (...args: unknown[]) => resolve(args));
      });
      expect(await byCallback).toEqual(["why!", 3, Buffer.from([4, 2])]);
      expect(await site.socket.timeout(5_000).emitWithAck("question", "how", Buffer.alloc(2))).toBe("how!");
    });

    test("reports an acknowledgement that does not come, both ways", async ({ startSite, openPage }) => {
      const site = await startSite({ setup: echo });
      const page = await openPage(site);
      await connect(page, { way });
      const errors = await page.evaluate(async () => {
        const byCallback = await new Promise<Error>((resolve) => {
          socket.timeout(50).emit("nobody listens", (error: Error) => resolve(error));
        });
        const byPromise = await socket
          .timeout(50)
          .emitWithAck("nobody listens")
          .catch((error: unknown) => error);
        return [byCallback, byPromise].map((error) => [error instanceof Error, (error as Error).message]);
      });
      expect(errors).toEqual([
        [true, "operation has timed out"],
        [true, "operation has timed out"],
      ]);
      await expect(site.socket.timeout(50).emitWithAck("nobody listens")).rejects.toThrow("operation has timed out");
      const byCallback = new Promise((resolve) => {
        site.socket.timeout(50).emit("nobody listens", resolve);
      });
      expect(await byCallback).toBeInstanceOf(Error);
    });

    test("is closed on the server as soon as the page is left", async ({ startSite, openPage, browserName }) => {
      const site = await startSite({ setup: echo, server: { resume: { windowMs: 1_000 } } });
      const page = await openPage(site);
      await connect(page, { way });
      const gone = new Promise((resolve) => site.socket.once("disconnect", resolve));
      await page.goto("about:blank");
      // Firefox may interrupt what a page does when it is left, before a request has left. In any case the heartbeat, of 45 seconds,
      // does not have to find out.
      expect(await gone).toMatch(browserName === "firefox" ? /^(transport close|session expired)$/ : "transport close");
      await expect.poll(() => site.io.engine.clientsCount).toBe(0);
    });
  });
}

test("a page that is closed takes its socket along", async ({ startSite, openPage }) => {
  const site = await startSite({ setup: echo });
  const page = await openPage(site);
  await connect(page, { way: UPGRADE });
  await page.close();
  await expect.poll(() => site.io.engine.clientsCount).toBe(0);
});
