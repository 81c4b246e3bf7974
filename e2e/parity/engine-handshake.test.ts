// What a session opens with: the open packet, what is announced, the cookie.
import { describe, expect, onTestFinished, test } from "vitest";
import { startEngine } from "./support/engine.js";
import type { EngineOptions } from "./support/engine.js";
import { PEERS } from "./support/peers.js";

describe.each(PEERS)("$name: the open packet", (peer) => {
  test("has its fields in order, for either transport", async () => {
    const { polling, websocket } = await startEngine(peer, {
      pingInterval: 111,
      pingTimeout: 222,
      maxHttpBufferSize: 333,
    });
    const one = await polling();
    const fields = { pingInterval: 111, pingTimeout: 222, maxPayload: 333 };
    expect(one.client.handshake).toEqual({ sid: one.session.id, upgrades: ["websocket"], ...fields });
    expect(Object.keys(one.client.handshake)).toEqual(["sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"]);
    const other = await websocket();
    expect(other.client.handshake).toEqual({ sid: other.session.id, upgrades: [], ...fields });
  });

  test("has an id that fits into a URL", async () => {
    const { polling } = await startEngine(peer);
    const { client } = await polling();
    // docs/migrating.md: 128 random bits take 22 characters.
    expect(client.sid).toMatch(peer.name === "stock" ? /^[\w-]{20}$/ : /^[\w-]{22}$/);
  });

  test.each<[EngineOptions, string, string[]]>([
    [{}, "polling", ["websocket", "webtransport"]],
    [{}, "websocket", []],
    [{}, "constructor", []],
    [{ allowUpgrades: false }, "polling", []],
  ])("%o has for %s the upgrades %o", (options, transport, upgrades) => {
    const engine = new peer.engine.Server(options);
    onTestFinished(() => void engine.close());
    expect(engine.upgrades(transport)).toEqual(upgrades);
  });

  test.each<[EngineOptions, string[]]>([
    [{ allowUpgrades: false }, []],
    [{ transports: ["polling"] }, []],
    [{ transports: ["polling", "websocket", "webtransport"] as never }, ["websocket", "webtransport"]],
  ])("%o announces %o", async (options, upgrades) => {
    const { polling } = await startEngine(peer, options);
    expect((await polling()).client.handshake.upgrades).toEqual(upgrades);
  });

  test.each(["polling", "websocket"] as const)("is followed by the initial packet, over %s", async (transport) => {
    const { raw } = await startEngine(peer, { initialPacket: "faster!" });
    if (transport === "polling") {
      const { opening } = await raw.polling();
      expect(opening.text.split("\x1e").slice(1)).toEqual(["4faster!"]);
    } else {
      const client = await raw.websocket();
      onTestFinished(() => client.terminate());
      expect(await client.nextText()).toBe("4faster!");
    }
  });

  test("is the first packet, also where listeners send at once", async () => {
    const { engine, raw } = await startEngine(peer, { initialPacket: "initial" });
    engine.on("connection", (session) => session.send("hello"));
    const { opening } = await raw.polling();
    expect(opening.text.split("\x1e")[0]).toMatch(/^0/);
    expect(opening.text.split("\x1e")[1]).toBe("4initial");
  });
});

describe.each(PEERS)("$name: the cookie", (peer) => {
  test.each<[NonNullable<EngineOptions["cookie"]>, string]>([
    [true, "io=SID; Path=/; HttpOnly; SameSite=Lax"],
    [{ name: "woot" }, "woot=SID; Path=/; HttpOnly; SameSite=Lax"],
    [{ name: "woot", path: "/custom" }, "woot=SID; Path=/custom; HttpOnly; SameSite=Lax"],
    [{ name: "woot", path: false }, "woot=SID; HttpOnly; SameSite=Lax"],
    [{ name: "woot", httpOnly: true }, "woot=SID; Path=/; HttpOnly; SameSite=Lax"],
    [{ name: "woot", httpOnly: true, sameSite: "strict" }, "woot=SID; Path=/; HttpOnly; SameSite=Strict"],
    [{ name: "woot", sameSite: "none", secure: true }, "woot=SID; Path=/; HttpOnly; Secure; SameSite=None"],
    [{ name: "woot", sameSite: true }, "woot=SID; Path=/; HttpOnly; SameSite=Strict"],
    [{ name: "woot", sameSite: false }, "woot=SID; Path=/; HttpOnly"],
    [{ name: "woot", httpOnly: false, sameSite: false }, "woot=SID; Path=/"],
    [{ name: "woot", httpOnly: "no" as never, sameSite: false }, "woot=SID; Path=/; HttpOnly"],
    [{ name: "a", maxAge: 60.5 }, "a=SID; Max-Age=60; Path=/; HttpOnly; SameSite=Lax"],
    [{ name: "a", domain: "x.test" }, "a=SID; Domain=x.test; Path=/; HttpOnly; SameSite=Lax"],
    [
      { name: "a", expires: new Date(0) },
      "a=SID; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax",
    ],
    [
      { name: "a", priority: "high", partitioned: true },
      "a=SID; Path=/; HttpOnly; Partitioned; Priority=High; SameSite=Lax",
    ],
    [{ path: "/only" }, "io=SID; Path=/only; HttpOnly; SameSite=Lax"],
  ])("%o", async (cookie, expected) => {
    const { polling } = await startEngine(peer, { cookie });
    const { client } = await polling();
    expect(client.opening.headers["set-cookie"]).toEqual([expected.replace("SID", client.sid)]);
    expect((await client.push("4a")).headers["set-cookie"]).toBeUndefined();
  });

  test.each([[{}], [{ cookie: false }]])("is not sent with %o", async (options) => {
    const { polling } = await startEngine(peer, options);
    expect((await polling()).client.opening.headers["set-cookie"]).toBeUndefined();
  });

  test("is not sent over WebSocket", async () => {
    const { websocket } = await startEngine(peer, { cookie: true });
    expect((await websocket()).client.headers["set-cookie"]).toBeUndefined();
  });
});
