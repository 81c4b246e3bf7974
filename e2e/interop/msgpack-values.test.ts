// What MessagePack carries and JSON does not, between our side and a stock one; and what becomes of who speaks something else.
import { io as everwireClient } from "@everwire/client";
import everwireParser, { Decoder } from "@everwire/parser-msgpack";
import { Server, type Socket } from "@everwire/server";
import { once, startHttpServer } from "@everwire/testkit";
import { Server as StockServer } from "socket.io";
import { io as stockClient } from "socket.io-client";
import * as stockParser from "socket.io-msgpack-parser";
import { afterEach, describe, expect, it } from "vitest";

type Client = ReturnType<typeof everwireClient>;

const SERVERS: Record<string, (http: object) => Server> = {
  "our server": (http) => new Server(http as never, { parser: everwireParser }),
  "a stock server": (http) => new StockServer(http as never, { parser: stockParser }) as unknown as Server,
};
const CLIENTS: Record<string, (url: string, options?: object) => Client> = {
  "our client": (url, options) => everwireClient(url, { forceNew: true, parser: everwireParser, ...options }),
  "a stock client": (url, options) =>
    stockClient(url, { forceNew: true, parser: stockParser, ...options }) as unknown as Client,
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(who: string): Promise<{ io: Server; url: string }> {
  const { httpServer, url, close } = await startHttpServer();
  const io = SERVERS[who]!(httpServer);
  io.on("connection", (socket) => {
    socket.on("mirror", (...args: unknown[]) => (args.pop() as (...args: unknown[]) => void)(...args));
  });
  cleanups.push(close, () => io.close());
  return { io, url };
}

function connect(who: string, url: string, options?: object): Client {
  const client = CLIENTS[who]!(url, options);
  cleanups.push(() => client.disconnect());
  return client;
}

describe.each([
  ["our client", "our server"],
  ["our client", "a stock server"],
  ["a stock client", "our server"],
])("%s and %s", (client, server) => {
  it.each([["polling"], ["websocket"]])(
    "pass on dates, undefined and special numbers as they are, over %s",
    async (transport) => {
      const { url } = await serve(server);
      const socket = connect(client, url, { transports: [transport], auth: { since: new Date(5) } });
      const values = [new Date(1_700_000_000_123), undefined, Infinity, { at: [new Date(-1)] }, Buffer.alloc(8, 1)];
      const answer = await new Promise<unknown[]>((resolve) => {
        socket.emit("mirror", ...values, (...args: unknown[]) => resolve(args));
      });
      expect(answer).toEqual(values);
    },
  );

  it("pass on what the client gives as auth", async () => {
    const { io, url } = await serve(server);
    const connection = once(io, "connection");
    connect(client, url, { auth: { since: new Date(5), token: "t" } });
    const [socket] = (await connection) as [Socket];
    expect(socket.handshake.auth).toEqual({ since: new Date(5), token: "t" });
  });
});

describe("our server with MessagePack", () => {
  const garbage = (bytes: string) => ({
    Encoder: class {
      encode(): Uint8Array[] {
        return [Buffer.from(bytes, "hex")];
      }
    },
    Decoder,
  });

  it.each([
    ["a client that speaks JSON", undefined],
    ["bytes that are no packet", garbage("c1")],
    ["a packet that is not whole", garbage("84a474797065")],
    ["half a million lists in each other", garbage("91".repeat(500_000))],
  ])("closes the connection of %s, and no other", async (_what, parser) => {
    const { io, url } = await serve("our server");
    const bystander = connect("our client", url);
    await once(bystander, "connect");
    for (const transport of ["polling", "websocket"]) {
      const stranger = connect("our client", url, { parser, transports: [transport], reconnection: false });
      const [reason] = await once(stranger.io, "close");
      expect(reason).toBe("transport close");
    }
    expect(io.sockets.sockets.size).toBe(1);
    expect(await bystander.timeout(5000).emitWithAck("mirror", 1)).toBe(1);
  });

  it("ends a socket that goes on with something else, and says why", async () => {
    const { io, url } = await serve("our server");
    const connection = once(io, "connection");
    const client = connect("our client", url, { transports: ["websocket"], reconnection: false });
    const [socket] = (await connection) as [Socket];
    const told = Promise.all([once(socket, "error"), once(socket, "disconnect")]);
    client.io.engine.send('2["text"]');
    expect(await told).toEqual([
      [expect.objectContaining({ code: "ERR_UNKNOWN_CHUNK" })],
      ["forced close", expect.objectContaining({ code: "ERR_UNKNOWN_CHUNK" })],
    ]);
  });
});

it("our client closes a connection that speaks something else, and opens another one", async () => {
  const { io, url } = await serve("our server");
  const client = connect("our client", url, { reconnectionDelay: 10 });
  const [socket] = await once<[Socket]>(io, "connection");
  const closed = once(client, "disconnect");
  socket.conn.send('2["text"]');
  expect((await closed)[0]).toBe("parse error");
  await once(client, "connect");
  expect(await client.timeout(5000).emitWithAck("mirror", 2)).toBe(2);
});
