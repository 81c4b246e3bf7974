// Which transports a session takes, in which order, and what it gives them.
import { afterEach, describe, expect, it, vi } from "vitest";
import { open, websocketUpgrade } from "./open-session.test.node.js";
import { closeAll, event, startRawEngine, track, until } from "./raw-engine.test.node.js";
import { Session } from "./session.js";
import { transports } from "./transports/index.js";
import { Transport, type TransportOptions } from "./transports/transport.js";
import { WebSocketTransport } from "./transports/websocket.js";

afterEach(closeAll);

describe("a transport that is closed by hand", () => {
  it.each(["polling", "websocket"])("closes the session, over %s too", async (name) => {
    const { server, session } = await open({}, { transports: [name] });
    const closed = event(session, "close");
    session.transport.close();
    expect(await closed).toEqual(["transport close", undefined]);
    await until(() => server.connections.size === 0);
  });

  it("ends an upgrade", async () => {
    const { session } = await open(websocketUpgrade);
    const closed = event(session, "close");
    session.once("upgrading", (candidate) => {
      session.transport.close();
      expect(candidate.readyState).toMatch(/clos/);
    });
    expect(await closed).toEqual(["transport close", undefined]);
    expect(session.upgrading).toBe(false);
  });
});

describe("choosing a transport", () => {
  it("reports on a later tick that there is none", async () => {
    const session = new Session("http://localhost", { transports: ["carrier pigeon", "constructor"] });
    const onError = vi.fn();
    session.handler = { onOpen: vi.fn(), onMessage: vi.fn(), onClose: vi.fn(), onError };
    expect(await event(session, "error")).toEqual(["No transports available"]);
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: "No transports available" }));
    expect(session.transport).toBeUndefined();
    session.close();
    expect(session.readyState).toBe("closed");
  });

  it("leaves the caller's options as they were", async () => {
    const given = { transports: ["polling", "websocket"], tryAllTransports: true, query: { a: 1 } };
    const copy = structuredClone(given);
    const { session } = await open({ intercept: (_request, response) => !!response.writeHead(500).end() }, given);
    expect(session.transport.name).toBe("websocket");
    expect(given).toEqual(copy);
  });

  it("fails with the first transport unless told to try all", async () => {
    const server = await startRawEngine({ intercept: (_request, response) => !!response.writeHead(500).end() });
    const session = track(new Session(server.url));
    expect(await event(session, "error")).toMatchObject([{ message: "xhr poll error", description: 500 }]);
  });

  it("fails with the last one when all were tried", async () => {
    const server = await startRawEngine();
    await server.close();
    const session = track(new Session(server.url, { tryAllTransports: true }));
    expect(await event(session, "error")).toMatchObject([{ message: "websocket error" }]);
  });

  it("takes classes, the user's own too, and names that the user added", async () => {
    class Own extends WebSocketTransport {
      override get name(): string {
        return "own";
      }
    }
    const server = await startRawEngine();
    const byClass = track(new Session(server.url, { transports: [Own] }));
    const byOption = track(new Session(server.url, { transportImplementations: [Own], transports: ["polling"] }));
    transports.own = Own;
    const byName = track(new Session(server.url, { transports: ["own"] }));
    delete transports.own;
    for (const session of [byClass, byOption, byName]) {
      await until(() => session.readyState === "open");
      expect(session.transport).toBeInstanceOf(Own);
      expect(session.transport.query.transport).toBe("own");
    }
  });

  it("gives a transport its own options", async () => {
    const server = await startRawEngine();
    track(
      new Session(server.url, {
        transports: ["polling"],
        query: { a: "1", b: "1" },
        transportOptions: { polling: { query: { b: "2" }, extraHeaders: { "x-own": "yes" } } },
      }),
    );
    await event(server, "request");
    expect(server.requests[0]).toMatchObject({ headers: { "x-own": "yes" } });
    expect(Object.fromEntries(server.requests[0]!.url.searchParams)).toMatchObject({ a: "1", b: "2", EIO: "4" });
  });

  it("begins with WebSocket when an upgrade to it is remembered", async () => {
    const { server, session } = await open(websocketUpgrade);
    await event(session, "upgrade");
    expect(Session.priorWebsocketSuccess).toBe(true);
    session.close();
    const remembering = track(new Session(server.url, { rememberUpgrade: true }));
    expect(remembering.transport.name).toBe("websocket");
    expect(track(new Session(server.url)).transport.name).toBe("polling");
    remembering.close();
    const failing = track(new Session("http://127.0.0.1:1", { rememberUpgrade: true }));
    await event(failing, "close");
    expect(Session.priorWebsocketSuccess).toBe(false);
  });

  it("takes the address from the options when there is no URI", async () => {
    const server = await startRawEngine();
    const session = track(new Session({ host: "127.0.0.1", port: server.port, path: "/x", addTrailingSlash: false }));
    await event(session, "open");
    expect(server.requests[0]?.url.pathname).toBe("/x");
  });
});

describe("a transport of the user's own", () => {
  it("needs no more than the abstract class asks for", async () => {
    class Loopback extends Transport {
      static last: TransportOptions | undefined;
      override get name(): string {
        return "loopback";
      }
      override open(): this {
        Loopback.last = this.opts;
        queueMicrotask(() => {
          this.onOpen();
          this.onData('0{"sid":"me","upgrades":[],"pingInterval":1000,"pingTimeout":1000}');
        });
        return this;
      }
      override send(packets: { data?: unknown }[]): void {
        for (const { data } of packets) this.onData(`4${String(data)}`);
        this.handler?.onDrain();
      }
      override close(): this {
        this.moveTo("closed");
        return this;
      }
    }
    const session = new Session("http://localhost", { transports: [Loopback] });
    session.send("echo");
    expect(await event(session, "message")).toEqual(["echo"]);
    session.close();
    expect(session.transport.readyState).toBe("closed");
    expect(Loopback.last).toMatchObject({ hostname: "localhost", port: "80", secure: false });
  });
});
