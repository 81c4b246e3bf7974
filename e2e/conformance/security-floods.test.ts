// Slowness, floods and names that mean something: what a peer does once it is in, or never gets there. Each test names the line of the
// list it belongs to.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { closeCode, encodeFrame, once, Opcode, RawTcp, readFrame, until } from "@everwire/testkit";
import { Server, type Socket } from "@everwire/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { underAttack } from "./bystander.js";
import { rawSocket, TARGET } from "./raw-frames.js";

describe("S20 a client that takes its time", () => {
  /** Node's own deadlines are the HTTP server's, which belongs to the application: here is one that has them short. */
  async function impatient(): Promise<{ io: Server; port: number; count: () => Promise<number> }> {
    const http = createServer({ headersTimeout: 150, requestTimeout: 300, connectionsCheckingInterval: 30 });
    const io = new Server(http);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => io.close());
    const count = (): Promise<number> =>
      new Promise((resolve) => http.getConnections((_error, connections) => resolve(connections)));
    return { io, port: (http.address() as AddressInfo).port, count };
  }

  test("half a header ends at the deadline of the HTTP server, and what came before lives on", async () => {
    const { io, port, count } = await impatient();
    const good = await rawSocket(port);
    const slow = await Promise.all(Array.from({ length: 30 }, () => RawTcp.open(port)));
    for (const [i, tcp] of slow.entries())
      tcp.write(`GET ${TARGET} HTTP/1.1\r\nHost: x\r\nX-Slow: `.slice(0, 5 + 2 * i));
    const drip = setInterval(() => {
      for (const tcp of slow) if (!tcp.isClosed) tcp.write("x");
    }, 20);
    onTestFinished(() => {
      clearInterval(drip);
    });
    for (const tcp of slow) {
      await tcp.closed();
      expect(tcp.text).toMatch(/^HTTP\/1\.1 4(08|00) /);
    }
    good.write(encodeFrame("40"));
    expect((await readFrame(good)).payload.toString()).toMatch(/^40\{/);
    expect([io.engine.clientsCount, await count()]).toEqual([1, 1]);
    good.destroy();
  });

  test("silence after the open packet of long-polling, and a poll that goes on without pongs", async () => {
    const under = await underAttack({ pingInterval: 1_000, pingTimeout: 100 });
    const silent = await under.client.polling();
    const polling = await under.client.polling();
    const ended = (async () => {
      for (;;) if ((await polling.poll()).text.endsWith("1")) return;
    })();
    await ended;
    await until(() => under.io.engine.clientsCount === 1 || under.io.engine.clientsCount === 0, "no session of theirs");
    silent.release();
    polling.release();
  });

  test("never a CONNECT packet, though it pongs, probes and says things", async () => {
    const under = await underAttack({ connectTimeout: 200 });
    const tcp = await rawSocket(under.port);
    const chatter = setInterval(() => {
      if (!tcp.isClosed) tcp.write(encodeFrame("3"), encodeFrame("6"), encodeFrame("", { opcode: Opcode.PING }));
    }, 20);
    onTestFinished(() => {
      clearInterval(chatter);
    });
    for (;;) {
      const frame = await readFrame(tcp);
      if (frame.opcode !== Opcode.CLOSE) continue;
      expect(closeCode(frame)).toBe(1005);
      break;
    }
    tcp.write(encodeFrame("", { opcode: Opcode.CLOSE }));
    await tcp.closed();
    await under.unharmed();
  });
});

describe("S22 floods of names and depth", () => {
  test("random dynamic namespaces stay within maxChildNamespaces, and empty ones make room", async () => {
    const under = await underAttack({ maxChildNamespaces: 100, maxNamespaces: 5_000 });
    under.io.of(/^\/dyn-\w+$/);
    const { socket: flooder } = await under.client.connected();
    for (let i = 0; i < 3_000; i++) flooder.send(`40/dyn-${Math.random().toString(36).slice(2)},`);
    flooder.send('421["echo","done"]');
    let refused = 0;
    for (;;) {
      const text = await flooder.nextText();
      if (text.includes("Invalid namespace")) refused += 1;
      if (text.startsWith("431")) break;
    }
    expect(refused).toBe(2_900);
    expect([...under.io._nsps.keys()].filter((name) => name.startsWith("/dyn-")).length).toBe(100);
    await under.bystanderIsServed();
    await flooder.close();
    await until(() => under.io.engine.clientsCount === 1, "only the bystander's session");
    // They are empty now: the place is somebody else's.
    const { socket: honest } = await under.client.connected();
    honest.send("40/dyn-honest,");
    expect(await honest.nextText()).toMatch(/^40\/dyn-honest,\{/);
    await honest.close();
    await under.unharmed();
  });

  test("a million joins, asked for by a client, end at maxRooms with an error for who joins", async () => {
    const under = await underAttack();
    const failures: unknown[] = [];
    under.io.on("listener_error", (error: unknown) => failures.push(error));
    under.io.on("connection", (socket: Socket) => {
      socket.on("join", (from: number, count: number) => {
        for (let i = 0; i < count; i++) void socket.join(`room ${String(from + i)}`);
      });
    });
    const connected = once<[Socket]>(under.io, "connection");
    const { socket } = await under.client.connected();
    const [server] = await connected;
    for (let i = 0; i < 100; i++) socket.send(`42["join",${String(i * 10_000)},10000]`);
    socket.send('421["echo","done"]');
    expect(await socket.nextText()).toBe('431["done"]');
    expect(server.rooms.size).toBe(10_001);
    expect(failures).toHaveLength(99);
    expect(failures[0]).toMatchObject({ code: "ERR_TOO_MANY_ROOMS" });
    await under.bystanderIsServed();
    await socket.close();
    await until(() => under.io.of("/").adapter.rooms.size === 1, "only the bystander's room");
    await under.unharmed();
  });

  test.each([
    { title: "an event", head: '42["echo",', tail: "]" },
    { title: "an acknowledgement", head: "431[", tail: "]" },
    { title: "the auth of a CONNECT", head: "40/,", tail: "" },
    { title: "a packet with attachments", head: '451-["echo",', tail: ',{"_placeholder":true,"num":0}]' },
  ])("JSON of 10,000 levels in $title ends the connection, on either transport", async ({ head, tail }) => {
    const under = await underAttack();
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const packet = `${head}${open.repeat(10_000)}1${close.repeat(10_000)}${tail}`;
      const { socket } = await under.client.connected();
      socket.send(packet);
      await socket.closed();
      const polling = await under.client.polling();
      await polling.push("40");
      await polling.push(packet).catch(() => undefined);
      // The next poll has the end of it.
      let text = "";
      while (!text.endsWith("1")) text = (await polling.poll()).text;
      polling.release();
    }
    await under.unharmed();
  });
});

describe("S27 names that mean something to JavaScript, in the rest of the packets", () => {
  test.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "__defineGetter__"])(
    "%s as auth key of another namespace, acknowledgement id, room that is left, answer and attachment",
    async (name) => {
      const under = await underAttack();
      under.io.of("/n").use((socket, next) => {
        next(
          (socket.handshake.auth as Record<string, unknown>)["isAdmin"] === true ? new Error("polluted") : undefined,
        );
      });
      const connected = once<[Socket]>(under.io.of("/n"), "connection");
      const { socket } = await under.client.connected("/n", JSON.parse(`{"${name}":{"isAdmin":true}}`) as unknown);
      const [server] = await connected;
      expect(Object.keys(server.handshake.auth as object)).toEqual([name]);
      await server.join(name);
      await server.leave(name);
      expect([...server.rooms]).toEqual([server.id]);
      const answered = new Promise((resolve) => server.emit("ask", resolve));
      const id = /^42\/n,(\d+)/.exec(await socket.nextText())?.[1] ?? "";
      socket.send(`43/n,${id}[{"${name}":{"polluted":true}}]`);
      expect(Object.keys((await answered) as object)).toEqual([name]);
      const heard = once<[Record<string, unknown>]>(server, "m");
      socket.send(`451-/n,["m",{"${name}":{"_placeholder":true,"num":0}}]`);
      socket.send(Buffer.from([7]));
      expect(Object.getOwnPropertyDescriptor((await heard)[0], name)?.value).toEqual(Buffer.from([7]));
      expect(({} as Record<string, unknown>)["polluted"] ?? ({} as Record<string, unknown>)["isAdmin"]).toBeUndefined();
      socket.send(`43/n,${name}["not an id"]`);
      await socket.closed();
      await under.unharmed();
    },
  );
});
