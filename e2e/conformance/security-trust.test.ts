// Who is let in, and what a name can do. Each test names the line of the list it shows.
import { httpRequest, once, until } from "@everwire/testkit";
import type { Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { underAttack } from "./bystander.js";
import { serverUnderTest } from "./support.js";

const OPEN = "/socket.io/?EIO=4&transport=polling";
const FOREIGN = [
  "https://evil.example",
  "null",
  "http://127.0.0.1.evil.example",
  "http://evil.example:80",
  "file://",
  "chrome-extension://abc",
];

describe("S24 cross-site WebSocket hijacking: an Origin that is not ours is refused", () => {
  test.each(FOREIGN)("%s, on polling and on WebSocket", async (origin) => {
    const { url, client, unharmed } = await underAttack();
    const answer = await httpRequest(`${url}${OPEN}`, { headers: { origin } });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ code: 4 });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    await expect(client.socket({}, { headers: { origin } })).rejects.toMatchObject({
      status: expect.toSatisfy((status) => status === 403 || status === 400) as number,
    });
    await unharmed();
  });

  test.each(FOREIGN)("%s, when another origin is allowed", async (origin) => {
    const { url, client, unharmed } = await underAttack({
      cors: { origin: ["https://app.example", /\.ours\.example$/] },
    });
    const answer = await httpRequest(`${url}${OPEN}`, { headers: { origin } });
    expect(answer.status).toBe(403);
    await expect(client.socket({}, { headers: { origin } })).rejects.toThrow(/40[03]/);
    await unharmed();
  });

  test("an upgrade of a session that was opened without one", async () => {
    const { client, unharmed } = await underAttack();
    const polling = await client.polling();
    await expect(client.socket({ sid: polling.sid }, { headers: { origin: "https://evil.example" } })).rejects.toThrow(
      /40[03]/,
    );
    const refused = await polling.request({ method: "POST", body: "40", headers: { origin: "https://evil.example" } });
    expect(refused.status).toBe(403);
    await polling.close();
    await unharmed();
  });

  test("our own host, and no Origin at all, are let in", async () => {
    const { url, client, unharmed } = await underAttack();
    for (const headers of [{}, { origin: url }]) {
      expect((await httpRequest(`${url}${OPEN}`, { headers })).status).toBe(200);
      const socket = await client.websocket({}, { headers });
      socket.send("40");
      expect(await socket.nextText()).toMatch(/^40\{/);
      await socket.close();
    }
    await unharmed(2);
  });

  test.each(["https://app.example", "https://a.ours.example"])("%s is let in when cors names it", async (origin) => {
    const { url, client, unharmed } = await underAttack({
      cors: { origin: ["https://app.example", /\.ours\.example$/] },
    });
    const answer = await httpRequest(`${url}${OPEN}`, { headers: { origin } });
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    const socket = await client.websocket({}, { headers: { origin } });
    await socket.close();
    await unharmed(1);
  });

  test("a page on another port of our host is another origin", async () => {
    const { url, port, unharmed } = await underAttack();
    const answer = await httpRequest(`${url}${OPEN}`, { headers: { origin: `http://127.0.0.1:${String(port + 1)}` } });
    expect(answer.status).toBe(403);
    await unharmed();
  });
});

describe("S25 an arbitrary origin is never reflected together with credentials", () => {
  test.each([
    { title: "no origin named", cors: { credentials: true } },
    { title: "origin *", cors: { origin: "*", credentials: true } },
    { title: "origin true", cors: { origin: true, credentials: true } },
    { title: "a list", cors: { origin: ["https://app.example"], credentials: true } },
  ])("$title", async ({ cors }) => {
    let url: string;
    try {
      ({ url } = await serverUnderTest({ cors }));
    } catch (error) {
      // Refused when the server is made, with words, is as good.
      expect(String(error)).toMatch(/cors|origin|credentials/i);
      return;
    }
    for (const method of ["GET", "OPTIONS"]) {
      const answer = await httpRequest(`${url}${OPEN}`, {
        method,
        headers: { origin: "https://evil.example", "access-control-request-method": "GET" },
      });
      const allowed = answer.headers["access-control-allow-origin"];
      const withCredentials = answer.headers["access-control-allow-credentials"] === "true";
      expect(withCredentials && (allowed === "*" || allowed === "https://evil.example")).toBe(false);
    }
  });
});

describe("S26 the session id", () => {
  test("has at least 128 bits, different in each of its parts from the last", async () => {
    const { client, unharmed } = await underAttack();
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) {
      const polling = await client.polling();
      ids.push(polling.sid);
      await polling.close();
    }
    expect(new Set(ids).size).toBe(ids.length);
    // Base64 carries six bits a character.
    for (const id of ids) expect(id.length * 6).toBeGreaterThanOrEqual(128);
    for (let at = 0; at < 21; at++) expect(new Set(ids.map((id) => id[at])).size).toBeGreaterThan(3);
    await unharmed();
  });

  test("is not the socket's public id, and says nothing of it", async () => {
    const { client, unharmed } = await underAttack();
    const { socket, id } = await client.connected();
    expect(id).not.toContain(socket.handshake.sid.slice(0, 8));
    expect((await client.polling().catch(() => undefined))?.sid).not.toBe(id);
    await expect(client.socket({ sid: id })).rejects.toMatchObject({ status: 400 });
    await socket.close();
    await unharmed(1);
  });

  test("grants nothing in another namespace", async () => {
    const { client, io, unharmed } = await underAttack();
    io.of("/admin").use((socket, next) => {
      next((socket.handshake.auth as { key?: string }).key === "open" ? undefined : new Error("not you"));
    });
    const { socket } = await client.connected();
    socket.send('40/admin,{"key":"wrong"}');
    expect(await socket.nextText()).toBe('44/admin,{"message":"not you"}');
    socket.send('42/admin,["delete everything"]');
    await socket.closed();
    await unharmed();
  });
});

describe("S27 names that mean something to JavaScript", () => {
  const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

  test.each(NAMES)("%s as event, argument key and acknowledged event", async (name) => {
    const { client, io, unharmed } = await underAttack();
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const [server] = await connected;
    const heard: unknown[] = [];
    server.onAny((event: string, arg: unknown) => heard.push([event, arg]));
    socket.send(`42["${name}",{"${name}":{"polluted":true}}]`);
    socket.send(`427["${name}",[]]`);
    socket.send('421["echo","done"]');
    expect(await socket.nextText()).toBe('431["done"]');
    expect(heard).toHaveLength(3);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    await socket.close();
    await unharmed();
  });

  test.each(NAMES)("%s as room and as namespace", async (name) => {
    const { client, io, unharmed } = await underAttack();
    const connected = once<[Socket]>(io.of(`/${name}`), "connection");
    const { socket } = await client.connected(`/${name}`);
    const [server] = await connected;
    await server.join(name);
    expect(server.rooms.has(name)).toBe(true);
    io.of(`/${name}`).to(name).emit("m", name);
    expect(await socket.nextText()).toBe(`42/${name},["m","${name}"]`);
    io.to(name).emit("nobody");
    await server.leave(name);
    expect(io.of(`/${name}`).adapter.rooms.has(name)).toBe(false);
    await socket.close();
    await unharmed();
  });

  test.each(NAMES)("%s as query key, auth key and acknowledgement", async (name) => {
    const { client, io, unharmed } = await underAttack();
    const connected = once<[Socket]>(io, "connection");
    const socket = await client.websocket({ [name]: "query" });
    socket.send(`40{"${name}":{"polluted":true},"token":"x"}`);
    const [server] = await connected;
    expect(await socket.nextText()).toMatch(/^40\{/);
    expect(Object.keys(server.handshake.query)).toContain(name);
    expect((server.handshake.auth as Record<string, unknown>)["token"]).toBe("x");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    socket.send(`43${name}["not an id"]`);
    await socket.closed();
    await unharmed();
  });

  test("__proto__ as attachment target changes no prototype", async () => {
    const { client, io, unharmed } = await underAttack();
    const connected = once<[Socket]>(io, "connection");
    const { socket } = await client.connected();
    const heard = once((await connected)[0], "m");
    socket.send('451-["m",{"__proto__":{"_placeholder":true,"num":0},"constructor":{"prototype":{"polluted":1}}}]');
    socket.send(Buffer.from([1]));
    await heard;
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty("0");
    await socket.close();
    await unharmed();
  });
});

test("S28 no JSONP unless asked for: j in the query changes nothing", async () => {
  const { url, io, unharmed } = await underAttack();
  const answer = await httpRequest(`${url}${OPEN}&j=0`);
  // Refused, or answered as plain polling, never as a script.
  expect(answer.text).not.toContain("___eio");
  expect(answer.headers["content-type"] ?? "").not.toContain("javascript");
  if (answer.status === 200) await until(() => io.engine.clientsCount === 2, "the session");
  await unharmed(answer.status === 200 ? 1 : 0);
});

test("S29 a session taken up again runs the middleware when asked to, and nobody else's can be taken up", async () => {
  const { client, io } = await serverUnderTest({ connectionStateRecovery: { skipMiddlewares: false } });
  let asked = 0;
  io.use((_socket, next) => {
    asked += 1;
    next();
  });
  const connected = once<[Socket]>(io, "connection");
  const first = await client.connected();
  const [server] = await connected;
  server.data = { secret: true };
  server.emit("m");
  const offset = (JSON.parse((await first.socket.nextText()).slice(2)) as string[])[1];
  const gone = once(server, "disconnect");
  first.socket.terminate();
  await gone;
  const guessed = await client.connected("/", { pid: "guessed", offset });
  expect(guessed.id).not.toBe(first.id);
  const back = await client.connected("/", { pid: first.answer["pid"], offset });
  expect(back.id).toBe(first.id);
  expect(asked).toBe(3);
  await Promise.all([guessed.socket.close(), back.socket.close()]);
});
