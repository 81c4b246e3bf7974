import { EventEmitter } from "node:events";
import { Decoder, Encoder, type Packet, type PacketDecoder } from "@everwire/protocol";
import { once, RawEngineClient, type RawSession, startServer, type StartServerOptions, turns } from "@everwire/testkit";
import { io as stockClient } from "socket.io-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Server } from "./server.js";
import type { Socket } from "./socket.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(options: StartServerOptions = {}): Promise<{ io: Server; url: string; raw: RawEngineClient }> {
  const { io, url, close } = await startServer(options);
  cleanups.push(close);
  return { io, url, raw: new RawEngineClient(url) };
}

async function connected(
  options: StartServerOptions = {},
): Promise<{ io: Server; socket: Socket; wire: RawSession; bystander: Socket }> {
  const { io, raw } = await serve(options);
  const first = once<[Socket]>(io, "connection");
  await raw.connected();
  const [bystander] = await first;
  const second = once<[Socket]>(io, "connection");
  const { socket: wire } = await raw.connected();
  const [socket] = await second;
  return { io, socket, wire, bystander };
}

describe("a connection is closed", () => {
  it.each([
    ["a second CONNECT for a namespace that is joined", "40"],
    ["an event for a namespace that is not joined", '42/other,["m"]'],
    ["an acknowledgement for such a namespace", "43/other,1[]"],
    ["a CONNECT_ERROR from the client", '44{"message":"x"}'],
  ])("for %s, and nobody else's", async (_what, message) => {
    const { io, socket, wire, bystander } = await connected();
    const gone = once(socket, "disconnect");
    wire.send(message);
    expect((await gone)[0]).toBe("forced close");
    await wire.closed();
    expect(bystander.connected).toBe(true);
    expect(io.of("/").sockets.size).toBe(1);
    expect(io.engine.clientsCount).toBe(1);
  });

  it("as forced server close while there is something to send first, which then still goes", async () => {
    const { io, raw } = await serve();
    const connection = once<[Socket]>(io, "connection");
    const wire = await raw.polling();
    await wire.push("40");
    const [socket] = await connection;
    const gone = once(socket, "disconnect");
    await wire.push("40");
    expect((await gone)[0]).toBe("forced server close");
    expect(await wire.next()).toBe(`40{"sid":"${socket.id}"}`);
    expect(await wire.packets()).toEqual(["6", "1"]);
    wire.release();
  });

  it.each([
    ["reserved event name", '42["connect"]'],
    ["event name error by a reserved twin", '42["disconnecting"]'],
    ["event name that is an object", '42[{"toString":"foo"}]'],
    ["event name null", "42[null]"],
    ["event without a name", "42[]"],
    ["event that is no array", "42{}"],
    ["broken JSON", '42["m",'],
    ["placeholder that is no number", '451-["m",{"_placeholder":true,"num":"splice"}]'],
    ["placeholder beyond the attachments", '451-["m",{"_placeholder":true,"num":99}]'],
    ["no attachments where some are announced", '450-["m"]'],
    ["attachment count without a number", '45-["m"]'],
    ["attachment count without a dash", '451["m"]'],
    ["too many attachments", '45999999-["m"]'],
    ["unknown packet type", "49"],
    ["empty packet", "4"],
    ["JSON of 10,000 levels", `42["m",${"[".repeat(10_000)}${"]".repeat(10_000)}]`],
  ])("for an undecodable packet: %s", async (_what, message) => {
    const { io, socket, wire, bystander } = await connected();
    const failed = once<[Error]>(socket, "error");
    const gone = once(socket, "disconnect");
    wire.send(message);
    if (message.includes("_placeholder")) wire.send(Buffer.from("x"));
    expect((await failed)[0]).toBeInstanceOf(Error);
    const [reason, description] = await gone;
    expect(reason).toBe("forced close");
    expect(description).toBeInstanceOf(Error);
    await wire.closed();
    expect(bystander.connected).toBe(true);
    expect(io.engine.clientsCount).toBe(1);
  });

  it("for binary that nobody announced", async () => {
    const { socket, wire } = await connected();
    const gone = once(socket, "disconnect");
    wire.send(Buffer.from("x"));
    expect((await gone)[0]).toBe("forced close");
  });

  it("for attachments larger than allowed", async () => {
    const { socket, wire } = await connected({ maxAttachmentBytes: 10 });
    const gone = once<[string, Error]>(socket, "disconnect");
    wire.send('452-["m",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    wire.send(Buffer.alloc(6));
    wire.send(Buffer.alloc(6));
    expect((await gone)[1]).toMatchObject({ code: "ERR_ATTACHMENTS_TOO_LARGE" });
  });

  it("after connectTimeout without a namespace, but not once it was in one", async () => {
    const { io, raw } = await serve({ connectTimeout: 30 });
    const { socket: wire } = await raw.connected();
    wire.send("41");
    const silent = await raw.websocket();
    await silent.closed();
    // Later than the deadline that a second wait would have had.
    const later = await raw.websocket();
    await later.closed();
    expect([wire.isOpen, io.engine.clientsCount]).toEqual([true, 1]);
  });

  it("not by connectTimeout when it is Infinity", async () => {
    const { raw } = await serve({ connectTimeout: Infinity });
    const silent = await raw.websocket();
    await turns();
    expect(silent.isOpen).toBe(true);
  });

  it("when announced attachments stay away, and not when they come", async () => {
    const { io, raw } = await serve();
    const set = vi.spyOn(io.deadlines, "set");
    const clear = vi.spyOn(io.deadlines, "clear");
    const connection = once<[Socket]>(io, "connection");
    const { socket: wire } = await raw.connected();
    const [socket] = await connection;
    expect(clear).toHaveBeenCalledTimes(1);
    wire.send('451-["m",{"_placeholder":true,"num":0}]');
    wire.send(Buffer.from("x"));
    await once(socket, "m");
    expect([set.mock.calls.at(-1)?.[1], clear.mock.calls.length]).toEqual([30_000, 2]);
    const seen = set.mock.calls.length;
    wire.send('451-["m",{"_placeholder":true,"num":0}]');
    await vi.waitFor(() => expect(set.mock.calls.length).toBeGreaterThan(seen));
    const gone = once<[string, Error]>(socket, "disconnect");
    set.mock.calls.at(-1)![0].onDeadline();
    expect((await gone)[1]).toMatchObject({ code: "ERR_ATTACHMENTS_TIMEOUT" });
  });
});

describe("a connection", () => {
  it("of a client whose attachments are outstanding does not disturb others", async () => {
    const { socket, wire, bystander, io } = await connected();
    wire.send('451-["m",{"_placeholder":true,"num":0}]');
    const { socket: other } = await new RawEngineClient(`http://127.0.0.1:${portOf(io)}`).connected();
    const others = once(io.of("/").sockets.get([...io.of("/").sockets.keys()].at(-1)!)!, "n");
    other.send('42["n",1]');
    expect(await others).toEqual([1]);
    const heard = once(socket, "m");
    wire.send(Buffer.from("x"));
    expect(await heard).toEqual([Buffer.from("x")]);
    expect(bystander.connected).toBe(true);
  });

  it("answers packets over polling too, many in one payload", async () => {
    const { io, raw } = await serve();
    io.on("connection", (socket) => socket.on("echo", (n, answer) => answer(n)));
    const polling = await raw.polling();
    await polling.push("40", '420["echo",1]', '421["echo",2]');
    const packets = await polling.packets();
    expect(packets[0]).toMatch(/^40\{"sid":/);
    expect(packets.slice(1)).toEqual(["430[1]", "431[2]"]);
  });

  it("hands on what came in one payload with the end of the session, before the end", async () => {
    const { io, raw } = await serve();
    const connection = once<[Socket]>(io, "connection");
    const polling = await raw.polling();
    await polling.push("40");
    const [socket] = await connection;
    const order: unknown[] = [];
    socket.on("last", () => order.push("last"));
    socket.on("disconnect", (reason) => order.push(reason));
    const gone = once(socket, "disconnect");
    await polling.push('42["last"]', "1");
    await gone;
    expect(order).toEqual(["last", "transport close"]);
  });

  it("reports what an adapter fails with while a packet is handled, and is closed", async () => {
    const { io, raw } = await serve();
    const reported = once<[Error, { kind: string }]>(io, "listener_error");
    vi.spyOn(io.of("/").adapter, "addAll").mockImplementation(() => {
      throw new Error("no broker");
    });
    const wire = await raw.websocket();
    wire.send("40");
    const [error, context] = await reported;
    expect([error.message, context.kind]).toEqual(["no broker", "adapter"]);
    await wire.closed();
  });

  it("leaves nothing queued behind when it breaks in the middle", async () => {
    const { socket, wire } = await connected();
    const seen: unknown[] = [];
    socket.on("m", (n) => {
      seen.push(n);
      socket.disconnect(true);
    });
    wire.send('42["m",1]');
    wire.send('42["m",2]');
    await wire.closed();
    expect(seen).toEqual([1]);
    const client = socket.client;
    expect(client.isOpen).toBe(false);
    client.sendPacket({ type: 2, nsp: "/", data: ["m"] });
    client.writeToEngine(["x"], {});
    client.onMessage("x");
  });
});

describe("a parser of the user", () => {
  class ReversingEncoder {
    encode(packet: Packet): string[] {
      return [JSON.stringify(packet).split("").reverse().join("")];
    }
  }
  class ReversingDecoder extends EventEmitter implements PacketDecoder {
    add(chunk: string): void {
      this.emit("decoded", JSON.parse(chunk.split("").reverse().join("")));
    }
    destroy(): void {
      destroyed++;
      throw new Error("contained");
    }
  }
  let destroyed = 0;

  it("encodes and decodes every packet", async () => {
    const { io, raw } = await serve({ parser: { Encoder: ReversingEncoder, Decoder: ReversingDecoder } });
    const encoder = new ReversingEncoder();
    const connection = once<[Socket]>(io, "connection");
    const wire = await raw.websocket();
    wire.send(`4${encoder.encode({ type: 0, nsp: "/" })[0]!}`);
    const [socket] = await connection;
    expect(await wire.nextText()).toBe(`4${encoder.encode({ type: 0, nsp: "/", data: { sid: socket.id } })[0]!}`);
    const heard = once(socket, "m");
    wire.send(`4${encoder.encode({ type: 2, nsp: "/", data: ["m", 1] })[0]!}`);
    expect(await heard).toEqual([1]);
    const gone = once(socket, "disconnect");
    const reported = once<[Error]>(io, "listener_error");
    wire.send("4not json");
    expect((await gone)[0]).toBe("forced close");
    expect([destroyed, (await reported)[0].message]).toEqual([1, "contained"]);
  });

  it("may be the default one by another name", async () => {
    const { io, url } = await serve({ parser: { Encoder, Decoder } });
    io.on("connection", (socket) => socket.emit("m", Buffer.from("x")));
    const client = stockClient(url, { forceNew: true });
    cleanups.push(() => client.disconnect());
    expect(await once(client, "m")).toEqual([Buffer.from("x")]);
  });
});

describe("an engine of somebody else", () => {
  class ForeignSession extends EventEmitter {
    readonly id = "foreign";
    readonly protocol = 4;
    readonly remoteAddress = "";
    readonly request = undefined;
    readyState = "open";
    readonly transport = { writable: true };
    readonly sent: unknown[] = [];
    send(data: unknown, options: { compress?: boolean | undefined }): void {
      // As engines do that write their defaults into what they are given.
      options.compress = options.compress !== false;
      this.sent.push(data);
    }
    close(): void {
      this.readyState = "closed";
      this.emit("close", "forced close");
    }
  }

  it("is bound by its connection event", async () => {
    const engine = Object.assign(new EventEmitter(), { close: vi.fn() });
    const io = new Server();
    expect(io.bind(engine)).toBe(io);
    const session = new ForeignSession();
    const connection = once<[Socket]>(io, "connection");
    engine.emit("connection", session);
    session.emit("data", "0");
    const [socket] = await connection;
    expect(session.sent).toEqual([`0{"sid":"${socket.id}"}`]);
    expect(socket.conn).toBe(session);
    expect(socket.handshake).toMatchObject({ headers: {}, secure: true, url: "", address: "" });
    expect({ ...socket.handshake.query }).toEqual({});
    socket.emit("m", 1);
    session.transport.writable = false;
    socket.volatile.emit("dropped");
    expect(session.sent.slice(1)).toEqual(['2["m",1]']);
    session.emit("error", new Error("ignored"));
    const gone = once(socket, "disconnect");
    session.emit("close", "transport error", "why");
    expect(await gone).toEqual(["transport error", "why"]);
    await io.close();
    expect(engine.close).toHaveBeenCalledTimes(1);
  });

  it("is closed when a client breaks the protocol", async () => {
    const engine = Object.assign(new EventEmitter(), { close: vi.fn() });
    const io = new Server().bind(engine);
    const session = new ForeignSession();
    engine.emit("connection", session);
    session.emit("data", '2["m"]');
    await turns();
    expect(session.readyState).toBe("closed");
    expect(io.of("/").sockets.size).toBe(0);
  });
});

function portOf(io: Server): number {
  return (io.httpServer!.address() as { port: number }).port;
}
