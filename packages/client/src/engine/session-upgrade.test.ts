// A session that moves from polling to WebSocket, over real connections; the steps alone are in upgrade.test.ts.
import { afterEach, describe, expect, it } from "vitest";
import type { TransportError } from "../errors.js";
import { open, record, websocketOnly, websocketUpgrade } from "./open-session.test.node.js";
import { closeAll, event, until } from "./raw-engine.test.node.js";

afterEach(closeAll);

describe("an upgrade", () => {
  it("moves the session to WebSocket, every message once and in order", async () => {
    const { server, session } = await open(websocketUpgrade);
    const seen = record(session, "upgrading", "upgrade");
    const received: unknown[] = [];
    session.on("message", (data) => received.push(data));
    session.on("upgrading", (transport) => {
      expect(transport.name).toBe("websocket");
      expect(session.upgrading).toBe(true);
      expect(session.transport.name).toBe("polling");
      expect(session.writable).toBe(false);
      session.send("during");
      server.send("4during");
    });
    session.send("before");
    await event(session, "upgrade");
    expect(session.upgrading).toBe(false);
    session.send("after");
    server.send("4first by websocket");
    await until(() => received.length === 2 && server.packets.length === 4);
    expect(seen).toEqual(["upgrading", "upgrade"]);
    expect(session.transport.name).toBe("websocket");
    expect(received).toEqual(["during", "first by websocket"]);
    expect(server.packets).toEqual(["4before", "5", "4during", "4after"]);
    // The old transport is gone without a word: its close would be the session's.
    await until(() => server.connections.size === 1);
  });

  it("keeps the `binaryType` that was set on the way", async () => {
    const { server, session } = await open(websocketUpgrade);
    session.on("upgrading", () => (session.binaryType = "arraybuffer"));
    await event(session, "upgrade");
    server.send(Buffer.from([1, 2]) as never);
    const [data] = await event(session, "message");
    expect(data).toBeInstanceOf(ArrayBuffer);
  });

  it("does not happen when it is not wanted, not offered or not possible", async () => {
    const sessions = [
      await open(websocketUpgrade, { upgrade: false }),
      await open(websocketUpgrade, { transports: ["polling"] }),
      await open({ handshake: { upgrades: ["unheard-of"] } }),
      await open(websocketUpgrade, websocketOnly),
    ];
    for (const { server, session } of sessions) {
      const seen = record(session, "upgrading", "upgradeError");
      server.send("4x");
      await event(session, "message");
      expect(seen).toEqual([]);
    }
  });

  it("that fails leaves the session on its transport", async () => {
    const { server, session } = await open({ ...websocketUpgrade, upgrades: false });
    server.on("probe", (webSocket: { close(): void }) => webSocket.close());
    const [error] = await event<[TransportError]>(session, "upgradeError");
    expect(error).toMatchObject({ message: "probe error: transport closed", transport: "websocket" });
    server.send("4still here");
    expect(await event(session, "message")).toEqual(["still here"]);
    session.send("and there");
    expect(await event(server, "packet")).toEqual(["4and there"]);
  });

  it("that breaks after the probe leaves the session on its transport, and nothing is lost", async () => {
    const { server, session } = await open({ ...websocketUpgrade, upgrades: false });
    server.on("probe", (webSocket: { send(text: string): void; terminate(): void }) => webSocket.send("3probe"));
    const [webSocket] = await event<[{ terminate(): void }]>(server, "websocket");
    await event(session, "upgrading");
    session.send("meanwhile");
    const failed = event(session, "upgradeError");
    webSocket.terminate();
    await failed;
    expect(await event(server, "packet")).toEqual(["4meanwhile"]);
    expect(session.transport.name).toBe("polling");
    server.send("4back");
    expect(await event(session, "message")).toEqual(["back"]);
  });

  it("is waited for by a close that comes while it runs", async () => {
    const { server, session } = await open(websocketUpgrade);
    await event(session, "upgrading");
    session.send("last").close();
    const seen = record(session, "upgrade", "close");
    expect(session.readyState).toBe("closing");
    await event(session, "close");
    expect(seen).toEqual(["upgrade", "close"]);
    await until(() => server.packets.includes("4last") && server.connections.size === 0);
  });

  it("that fails lets a waiting close go on", async () => {
    const { server, session } = await open({ ...websocketUpgrade, upgrades: false });
    server.on("probe", (webSocket: { send(text: string): void; terminate(): void }) => webSocket.send("3probe"));
    const [webSocket] = await event<[{ terminate(): void }]>(server, "websocket");
    await event(session, "upgrading");
    session.close();
    expect(session.readyState).toBe("closing");
    webSocket.terminate();
    expect((await event(session, "close"))[0]).toBe("forced close");
    await until(() => server.packets.includes("1"));
  });

  it("is given up with the session, without a word", async () => {
    const { server, session } = await open({ ...websocketUpgrade, upgrades: false });
    await event(server, "probe");
    const seen = record(session, "upgradeError", "upgrade", "error");
    session.close();
    await until(() => server.connections.size === 0);
    expect(seen).toEqual([]);
  });
});
