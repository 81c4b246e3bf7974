// Moving a session from polling to WebSocket, by hand: the probe, what is told when, everything that may go wrong, and that no
// message is lost or out of order. Then the WebSocket engine, TLS and addresses.
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { UpgradeRefused, collect, once, selfSigned, turns, until } from "@everwire/testkit";
import type { RawPolling, RawWebSocket } from "@everwire/testkit";
import type { Socket } from "@everwire/server/engine";
import { startEngine } from "./support/engine.js";
import type { EngineOptions, Started } from "./support/engine.js";
import { PEERS } from "./support/peers.js";
import type { Peer } from "./support/peers.js";

interface Probing {
  started: Started;
  client: RawPolling;
  session: Socket;
  socket: RawWebSocket;
}

/** A polling session and a WebSocket that names it, before its probe. */
async function connected(peer: Peer, options: EngineOptions = {}): Promise<Probing> {
  const started = await startEngine(peer, options);
  const { client, session } = await started.polling();
  const socket = await started.raw.socket({ sid: client.sid });
  onTestFinished(() => socket.terminate());
  return { started, client, session, socket };
}

describe.each(PEERS)("$name: an upgrade", (peer) => {
  test("goes by probe, answer, noop and upgrade", async () => {
    const { client, session, socket, started } = await connected(peer);
    const seen: unknown[] = [];
    session.on("upgrading", (transport) =>
      seen.push(["upgrading", transport.name, session.upgrading, session.upgraded]),
    );
    session.on("upgrade", (transport) =>
      seen.push(["upgrade", transport.name, transport === session.transport, session.upgraded]),
    );
    const poll = client.poll();
    socket.send("2probe");
    expect(await socket.nextText()).toBe("3probe");
    expect((await poll).text).toBe("6");
    expect(session.transport.name).toBe("polling");
    expect(session.upgrading).toBe(true);
    const upgraded = once(session, "upgrade");
    socket.send("5");
    await upgraded;
    expect(seen).toEqual([
      ["upgrading", "websocket", true, false],
      ["upgrade", "websocket", true, true],
    ]);
    await turns();
    expect([session.upgrading, session.upgraded, session.transport.name]).toEqual([false, true, "websocket"]);
    expect(started.engine.clientsCount).toBe(1);
    const heard = once(session, "message");
    socket.send("4a");
    expect((await heard)[0]).toBe("a");
    session.send("b");
    expect(await socket.nextText()).toBe("4b");
  });

  test("answers the polls that come meanwhile with noops", async () => {
    const { client, socket } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    expect((await client.poll()).text).toBe("6");
    expect((await client.poll()).text).toBe("6");
  });

  test("takes messages over the old transport until it is done", async () => {
    const { client, session, socket } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    const heard = collect(session, "message", 2);
    await client.push("4a");
    socket.send("5");
    await once(session, "upgrade");
    socket.send("4b");
    expect((await heard).flat()).toEqual(["a", "b"]);
  });

  test("flushes to the new transport what waited, and runs its callbacks", async () => {
    const { session, socket } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    const seen: string[] = [];
    session.send("a", (transport) => seen.push(`a ${transport.name}`));
    session.send("b", (transport) => seen.push(`b ${transport.name}`));
    socket.send("5");
    expect([await socket.nextText(), await socket.nextText()]).toEqual(["4a", "4b"]);
    await until(() => seen.length === 2, "the callbacks");
    expect(seen).toEqual(["a websocket", "b websocket"]);
  });

  test("leaves the polling requests of the session refused", async () => {
    const { client, session, socket, started } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    socket.send("5");
    await once(session, "upgrade");
    const refused = once(started.engine, "connection_error");
    const answer = await client.push("4a");
    expect([answer.status, answer.json()]).toEqual([400, { code: 3, message: "Bad request" }]);
    expect(await refused).toMatchObject([
      { context: { name: "TRANSPORT_MISMATCH", transport: "polling", previousTransport: "websocket" } },
    ]);
    expect(session.readyState).toBe("open");
  });

  test.each(["4a", "2", "2other", "3probe", "1", "x", ""])(
    "is dropped when the candidate begins with %j",
    async (packet) => {
      const { client, session, socket } = await connected(peer);
      socket.send(packet);
      await socket.closed();
      expect([session.readyState, session.upgrading, session.upgraded]).toEqual(["open", false, false]);
      const heard = once(session, "message");
      await client.push("4still here");
      expect((await heard)[0]).toBe("still here");
    },
  );

  // docs/migrating.md, "The wire of the engine": the stock engine upgrades nevertheless.
  if (peer.name === "everwire")
    test("is refused where upgrades are off", async () => {
      const { session, socket } = await connected(peer, { allowUpgrades: false });
      await socket.closed();
      expect([session.readyState, session.transport.name]).toEqual(["open", "polling"]);
    });

  // The stock engine takes it for the whole upgrade.
  if (peer.name === "everwire")
    test("is dropped when the candidate begins with its end", async () => {
      const { session, socket } = await connected(peer);
      socket.send("5");
      await socket.closed();
      expect([session.readyState, session.transport.name]).toEqual(["open", "polling"]);
    });

  test("is dropped when the candidate closes behind its probe; another may follow", async () => {
    const { client, session, socket, started } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    await socket.close();
    await until(() => !session.upgrading, "the end of the upgrade");
    const { socket: other } = await started.raw.upgrade(client);
    onTestFinished(() => other.terminate());
    await until(() => session.upgraded, "the upgrade");
  });

  test("is dropped when it takes too long", async () => {
    const { session, socket } = await connected(peer, { upgradeTimeout: 30 });
    await socket.closed();
    expect([session.readyState, session.upgrading]).toEqual(["open", false]);
  });

  test("ends with its session", async () => {
    const { client, session, socket } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    await client.push("1");
    await socket.closed();
    expect(session.readyState).toBe("closed");
  });

  test("ends with its session when the server closes it", async () => {
    const { session, socket } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    session.close(true);
    await socket.closed();
  });

  test("comes once: a second candidate is closed while one is there", async () => {
    const { client, session, socket, started } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    const second = await started.raw.socket({ sid: client.sid });
    await second.closed();
    socket.send("5");
    await once(session, "upgrade");
    expect(session.transport.name).toBe("websocket");
  });

  test("comes once: a candidate is closed afterwards", async () => {
    const { client, session, socket, started } = await connected(peer);
    socket.send("2probe");
    await socket.nextText();
    socket.send("5");
    await once(session, "upgrade");
    const second = await started.raw.socket({ sid: client.sid });
    await second.closed();
    expect([session.readyState, socket.isOpen]).toEqual(["open", true]);
  });

  test("of another revision is refused", async () => {
    const { client, started, session } = await connected(peer);
    await expect(started.raw.socket({ sid: client.sid, EIO: "3" })).rejects.toThrow(UpgradeRefused);
    expect(session.readyState).toBe("open");
  });

  test("close() meanwhile ends the session", async () => {
    const { client, session, socket } = await connected(peer);
    const poll = client.poll();
    await until(() => session.transport.writable, "the poll");
    socket.send("2probe");
    await socket.nextText();
    const ended = once(session, "close");
    session.close();
    void poll.catch(() => undefined);
    await client.poll().catch(() => undefined);
    expect((await ended)[0]).toBe("forced close");
    await socket.closed();
  });
});

describe.each(PEERS)("$name: the WebSocket engine", (peer) => {
  test("may be a class", async () => {
    let made = 0;
    class Own extends WebSocketServer {
      constructor(...args: ConstructorParameters<typeof WebSocketServer>) {
        super(...args);
        made++;
      }
    }
    const { websocket, engine } = await startEngine(peer, { wsEngine: Own });
    expect(made).toBeGreaterThan(0);
    const { client, session } = await websocket();
    session.send("a");
    session.send(Buffer.from([1]));
    expect([await client.next(), await client.next()]).toEqual(["4a", Buffer.from([1])]);
    expect((engine as unknown as { ws: unknown }).ws).toBeInstanceOf(Own);
  });

  test("is given what it needs", async () => {
    const given: Record<string, unknown>[] = [];
    class Own extends WebSocketServer {
      constructor(options: ConstructorParameters<typeof WebSocketServer>[0]) {
        super(options);
        given.push(options as Record<string, unknown>);
      }
    }
    await startEngine(peer, { wsEngine: Own, maxHttpBufferSize: 9, perMessageDeflate: true });
    expect(given[0]).toMatchObject({
      noServer: true,
      clientTracking: false,
      maxPayload: 9,
      perMessageDeflate: { threshold: 1024 },
    });
  });
});

describe.each(PEERS)("$name: TLS", (peer) => {
  const { key, cert } = selfSigned();

  test("serves both transports", async () => {
    const started = await startEngine(peer, {}, { secure: { key, cert } });
    const { client, session } = await started.polling();
    const { socket } = await started.raw.upgrade(client);
    onTestFinished(() => socket.terminate());
    await until(() => session.upgraded, "the upgrade");
    session.send("a");
    expect(await socket.nextText()).toBe("4a");
  });

  test.each(["polling", "websocket"])("knows the client's certificate, over %s", async (transport) => {
    const started = await startEngine(
      peer,
      {},
      { secure: { key, cert, ca: [cert], requestCert: true, rejectUnauthorized: true } },
    );
    const opened = started.session();
    const Client = peer.engineClient.Socket;
    const client = new Client(`https://localhost:${started.port}`, { transports: [transport], key, cert, ca: cert });
    onTestFinished(() => void client.close());
    const session = await opened;
    const tls = session.request.socket as unknown as { authorized: boolean };
    expect(tls.authorized).toBe(true);
    client.send("a");
    expect((await once(session, "message"))[0]).toBe("a");
  });

  test.each(["polling", "websocket"])("refuses a client without one, over %s", async (transport) => {
    const { port } = await startEngine(
      peer,
      {},
      { secure: { key, cert, ca: [cert], requestCert: true, rejectUnauthorized: true } },
    );
    const client = new peer.engineClient.Socket(`https://localhost:${port}`, { transports: [transport], ca: cert });
    const seen: string[] = [];
    client.on("error", () => seen.push("error"));
    const [reason] = await once<[string]>(client, "close");
    expect([...seen, reason]).toEqual(["error", "transport error"]);
  });
});
