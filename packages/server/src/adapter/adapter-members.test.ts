// What published adapters use of the server, member by member, on a real one: an adapter that was written for another
// server finds everything here under the same name.
import { once, startServer } from "@everwire/testkit";
import { io as stockClient, type Socket as StockSocket } from "socket.io-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Namespace } from "../namespace.js";
import type { Socket } from "../socket.js";
import type { AdapterContract, AdapterNamespace } from "./adapter.js";
import { Adapter } from "./in-memory.js";
import { frameText } from "./text-frame.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Bench {
  readonly given: AdapterNamespace;
  readonly nsp: Namespace;
  readonly socket: Socket;
  readonly client: StockSocket;
}

async function start(options: object = {}): Promise<Bench> {
  const given: AdapterNamespace[] = [];
  class Listening extends Adapter {
    constructor(nsp: AdapterNamespace) {
      super(nsp);
      given.push(nsp);
    }
  }
  const { io, url, close } = await startServer({ adapter: Listening, ...options });
  cleanups.push(close);
  const nsp = io.of("/chat");
  const connection = once<[Socket]>(nsp, "connection");
  const client = stockClient(`${url}/chat`, { forceNew: true, transports: ["websocket"], auth: { token: "t" } });
  cleanups.push(() => client.disconnect());
  const [[socket]] = await Promise.all([connection, once(client, "connect")]);
  return { given: given.at(-1) ?? nsp, nsp, socket, client };
}

describe("what an adapter finds in a namespace", () => {
  it("is its name, its sockets by id, a counter of ids that it may draw from", async () => {
    const { given, socket, client } = await start();
    expect([given.name, given.sockets instanceof Map, given.sockets.get(client.id!)]).toEqual(["/chat", true, socket]);
    const before = given._ids++;
    expect(given._ids).toBe(before + 1);
    const answer = new Promise((resolve) => socket.emit("ask", resolve));
    client.on("ask", (ack) => ack("yes"));
    expect([await answer, given._ids]).toEqual(["yes", before + 2]);
  });

  it("is the server's encoder, and the options of recovery", async () => {
    const { given } = await start({ connectionStateRecovery: { maxDisconnectionDuration: 5 } });
    expect(given.server.encoder.encode({ type: 2, nsp: "/chat", data: ["m"] })).toEqual(['2/chat,["m"]']);
    expect(given.server.opts.connectionStateRecovery).toMatchObject({ maxDisconnectionDuration: 5 });
    const without = await start();
    expect(without.given.server.opts.connectionStateRecovery).toBeUndefined();
  });

  it("is the door for events of other servers, with an answer at the end or without", async () => {
    const { given, nsp } = await start();
    const heard = vi.fn();
    nsp.on("hello", heard);
    given._onServerSideEmit(["hello", 1, "two"]);
    const ack = vi.fn();
    nsp.on("ask", (answer: (value: unknown) => void) => answer("yes"));
    given._onServerSideEmit(["ask", ack]);
    expect([heard.mock.calls, ack.mock.calls]).toEqual([[[1, "two"]], [["yes"]]]);
  });
});

describe("what an adapter finds in a socket", () => {
  it("is id, handshake, rooms, data, the server that only a socket of this server has", async () => {
    const { given, socket, client } = await start();
    const found = given.sockets.get(client.id!);
    socket.data = { user: 1 };
    expect(found).toMatchObject({ id: client.id, data: { user: 1 }, rooms: new Set([client.id]) });
    expect(found?.handshake).toMatchObject({ auth: { token: "t" }, headers: {}, query: { EIO: "4" } });
    expect(found !== undefined && "server" in found).toBe(true);
  });

  it("are join, leave and disconnect", async () => {
    const { given, client } = await start();
    const found = given.sockets.get(client.id!);
    await found?.join(["a", "b"]);
    await found?.leave("a");
    expect(found?.rooms).toEqual(new Set([client.id, "b"]));
    const gone = once(client, "disconnect");
    found?.disconnect(true);
    await gone;
  });

  it("is a map of callbacks that a client's answer with that id finds", async () => {
    const { given, socket, client } = await start();
    const ack = vi.fn();
    socket.acks.set(77, ack);
    client.on("ask", (answer) => answer("yes", 2));
    socket.client.writeToEngine(given.server.encoder.encode({ type: 2, nsp: "/chat", id: 77, data: ["ask"] }), {});
    await vi.waitFor(() => expect(ack).toHaveBeenCalledWith("yes", 2));
    expect(socket.acks.has(77)).toBe(false);
  });

  it("is a call that tells catch-all listeners of outgoing events", async () => {
    const { given, socket, client } = await start();
    const heard = vi.fn();
    socket.onAnyOutgoing(heard);
    given.sockets.get(client.id!)?.notifyOutgoingListeners?.({ type: 2, nsp: "/chat", data: ["m", 1] });
    expect(heard).toHaveBeenCalledExactlyOnceWith("m", 1);
  });

  it("takes encoded packets with all the options that adapters give", async () => {
    const { given, client, socket } = await start();
    const encode = (...data: unknown[]): ReturnType<AdapterNamespace["server"]["encoder"]["encode"]> =>
      given.server.encoder.encode({ type: 2, nsp: "/chat", data });
    const events: unknown[][] = [];
    client.onAny((...event) => events.push(event));
    const end = once(client, "end");
    const options = { preEncoded: true, volatile: undefined, compress: false };
    socket.client.writeToEngine(encode("plain", 1), options);
    socket.client.writeToEngine(encode("binary", Buffer.from("x")), options);
    socket.client.writeToEngine(encode("framed"), { ...options, wsPreEncodedFrame: frameText('2/chat,["framed"]') });
    socket.client.writeToEngine(encode("dropped"), { ...options, volatile: true });
    socket.client.writeToEngine(encode("end"), options);
    await end;
    expect(events).toEqual([["plain", 1], ["binary", Buffer.from("x")], ["framed"], ["end"]]);
  });
});

it("an adapter may be a class or a function that makes one", async () => {
  const make = (nsp: AdapterNamespace): AdapterContract => new Adapter(nsp);
  const { nsp } = await start({ adapter: make });
  expect(nsp.adapter).toBeInstanceOf(Adapter);
});
