// The three logins of examples/auth, run as they stand: who gets in over which transport, what a refusal says, and what a logout or
// the end of a token ends. Needs a build.
import { createHmac } from "node:crypto";
import { once } from "@everwire/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { begin, CLIENTS, endClients, login, PASSWORDS, post, refused, WAYS, welcomed } from "./login.js";
import { type Example, startExample } from "./run-example.js";

const EVERY_WAY = CLIENTS.flatMap(([who, connect]) =>
  WAYS.map((way) => ({ who, connect, way, name: way.join(", then ") })),
);
const SECRET = "a secret of the tests";

let example: Example;
let url: string;

const run = (file: string): void => {
  beforeAll(async () => {
    example = await startExample("auth", { file, env: { TOKEN_SECRET: SECRET, SESSION_SECRET: SECRET } });
    ({ url } = example);
  });
  afterEach(endClients);
  afterAll(() => example.kill());
};

describe.each(["session.js", "passport.js"])("examples/auth/%s", (file) => {
  run(file);

  it("serves its page", async () => {
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("<h1>Login by cookie</h1>")]);
  });

  it.each(EVERY_WAY)("lets $who in by its cookie over $name", async ({ connect, way }) => {
    const cookie = await login(url, "ada");
    const client = begin(url, [connect, way, cookie]);
    expect(await welcomed(client, way)).toBe("ada");
    expect(await client.timeout(5000).emitWithAck("count")).toBe(1);
    expect(await client.timeout(5000).emitWithAck("count")).toBe(2);
  });

  it.each(EVERY_WAY)("refuses $who without a login over $name", async ({ connect, way }) => {
    expect((await refused(begin(url, [connect, way]))).message).toBe("not logged in");
  });

  it.each([
    ["no password", { name: "ada" }],
    ["a wrong password", { name: "ada", password: PASSWORDS.grace }],
    ["an unknown user", { name: "__proto__", password: "x" }],
    ["a name that is no text", { name: ["ada"], password: PASSWORDS.ada }],
  ])("gives no login for %s", async (_what, data) => {
    const { status, cookie } = await post(`${url}/login`, { data });
    expect([401, 400]).toContain(status);
    const client = begin(url, [CLIENTS[0]![1], ["websocket"], cookie]);
    expect((await refused(client)).message).toBe("not logged in");
  });

  it.each([
    ["whose signature was changed", (cookie: string) => cookie.slice(0, -3) + (cookie.endsWith("AAA") ? "BBB" : "AAA")],
    ["with the id of another session", (cookie: string) => cookie.replace(/s%3A..../, "s%3AAAAA")],
    ["without a signature", (cookie: string) => cookie.slice(0, cookie.lastIndexOf("."))],
  ])("refuses a cookie %s", async (_what, tamper) => {
    const cookie = await login(url, "ada");
    for (const way of WAYS) {
      const client = begin(url, [CLIENTS[0]![1], way, tamper(cookie)]);
      expect((await refused(client)).message).toBe("not logged in");
    }
  });

  it("ends every socket of who logs out, and nobody else's", async () => {
    const [cookie, other] = [await login(url, "ada"), await login(url, "grace")];
    const tabs = EVERY_WAY.map(({ connect, way }) => ({ way, client: begin(url, [connect, way, cookie]) }));
    const stranger = begin(url, [CLIENTS[0]![1], ["websocket"], other]);
    await Promise.all([...tabs.map(({ client, way }) => welcomed(client, way)), welcomed(stranger, ["websocket"])]);
    const ends = tabs.map(({ client }) => once(client, "disconnect"));
    expect((await post(`${url}/logout`, { cookie })).status).toBe(204);
    for (const [reason] of await Promise.all(ends)) expect(reason).toBe("io server disconnect");
    expect(await stranger.timeout(5000).emitWithAck("count")).toBe(1);
    expect((await refused(begin(url, [CLIENTS[0]![1], ["polling"], cookie]))).message).toBe("not logged in");
  });

  it("takes a logout of nobody", async () => {
    expect((await post(`${url}/logout`)).status).toBe(204);
  });
});

describe("examples/auth/session.js", () => {
  run("session.js");

  it("keeps in the session what listeners of several sockets write to it", async () => {
    const cookie = await login(url, "ada");
    const clients = WAYS.map((way) => begin(url, [CLIENTS[0]![1], way, cookie]));
    await Promise.all(clients.map((client, index) => welcomed(client, WAYS[index]!)));
    const counts: unknown[] = [];
    for (const client of clients) counts.push(await client.timeout(5000).emitWithAck("count"));
    expect(counts).toEqual([1, 2, 3]);
  });

  it("gives a login a new session id, so that a planted one is worth nothing", async () => {
    const planted = await login(url, "grace");
    const { cookie } = await post(`${url}/login`, {
      cookie: planted,
      data: { name: "ada", password: PASSWORDS.ada },
    });
    expect(cookie).not.toBe(planted);
    expect((await refused(begin(url, [CLIENTS[0]![1], ["websocket"], planted]))).message).toBe("not logged in");
  });
});

describe("examples/auth/passport.js", () => {
  run("passport.js");

  it("looks the user up once a connection, whatever it sends", async () => {
    const cookie = await login(url, "ada");
    const lookUps = (): number => example.output().split("looked up ada\n").length - 1;
    const before = lookUps();
    const client = begin(url, [CLIENTS[0]![1], ["polling"], cookie]);
    await welcomed(client, ["polling"]);
    for (let i = 1; i <= 3; i++) expect(await client.timeout(5000).emitWithAck("count")).toBe(i);
    const upgraded = begin(url, [CLIENTS[0]![1], ["polling", "websocket"], cookie]);
    await welcomed(upgraded, ["polling", "websocket"]);
    expect(await upgraded.timeout(5000).emitWithAck("count")).toBe(1);
    expect(lookUps() - before).toBe(2);
  });

  it("ends the sockets of a user's other logins as well", async () => {
    const [here, there] = [await login(url, "ada"), await login(url, "ada")];
    const client = begin(url, [CLIENTS[0]![1], ["websocket"], there]);
    await welcomed(client, ["websocket"]);
    const end = once(client, "disconnect");
    await post(`${url}/logout`, { cookie: here });
    expect((await end)[0]).toBe("io server disconnect");
  });
});

/** RFC 7519, made by hand: what the server accepts must not hang on the library that it reads with. */
function tokenOf(claims: Record<string, unknown>, { secret = SECRET, header = { alg: "HS256" } } = {}): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = `${encode(header)}.${encode(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const claims = (more: object = {}): Record<string, unknown> => ({
  iss: "everwire-example",
  aud: "sockets",
  sub: "ada",
  exp: nowSeconds() + 60,
  ...more,
});

describe("examples/auth/token.js", () => {
  run("token.js");

  const withToken = (token: unknown, way: readonly string[] = ["websocket"], connect = CLIENTS[0]![1]) => {
    const client = begin(url, [connect, way]);
    client.auth = { token };
    return client;
  };

  it("serves its page", async () => {
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("<h1>Login by token</h1>")]);
  });

  it.each(EVERY_WAY)("gives a token for a login, which lets $who in over $name", async ({ connect, way }) => {
    const { text } = await post(`${url}/token`, { cookie: await login(url, "ada") });
    const { token } = JSON.parse(text) as { token: string };
    const client = withToken(token, way, connect);
    expect(await welcomed(client, way)).toBe("ada");
    expect(await client.timeout(5000).emitWithAck("count")).toBe(1);
  });

  it("gives no token without a login, for an unknown one, and after a logout", async () => {
    const cookie = await login(url, "ada");
    expect((await post(`${url}/logout`, { cookie })).status).toBe(204);
    for (const given of [undefined, "login=unknown", cookie])
      expect((await post(`${url}/token`, given === undefined ? {} : { cookie: given })).status).toBe(401);
    const { status } = await post(`${url}/login`, { data: { name: "ada", password: "wrong" } });
    expect(status).toBe(401);
  });

  it.each<[string, () => unknown]>([
    ["no token", () => undefined],
    ["a token that is no text", () => ({ sub: "ada" })],
    ["a token of another key", () => tokenOf(claims(), { secret: "another" })],
    ["a token without a signature", () => tokenOf(claims(), { header: { alg: "none" } })],
    ["a token of another issuer", () => tokenOf(claims({ iss: "elsewhere" }))],
    ["a token for another audience", () => tokenOf(claims({ aud: "mail" }))],
    ["a token without an end", () => tokenOf(claims({ exp: undefined }))],
    ["a token without a user", () => tokenOf(claims({ sub: undefined }))],
    [
      "a token whose claims were changed",
      () => tokenOf(claims()).replace(/\.[^.]+\./, `.${tokenOf(claims({ sub: "grace" })).split(".")[1]}.`),
    ],
  ])("refuses %s", async (_what, make) => {
    const error = await refused(withToken(make()));
    expect([error.message, error.data]).toEqual(["not logged in", { code: "invalid" }]);
  });

  it.each(EVERY_WAY)("tells $who that a token is over, over $name", async ({ connect, way }) => {
    const error = await refused(withToken(tokenOf(claims({ exp: nowSeconds() - 1 })), way, connect));
    expect([error.message, error.data]).toEqual(["token expired", { code: "expired" }]);
  });

  it("ends a socket with its token, and takes it again with a new one, whatever the client and the transport", async () => {
    const outcomes = EVERY_WAY.map(async ({ connect, way }) => {
      const client = begin(url, [connect, way]);
      const tokens = [tokenOf(claims({ exp: Date.now() / 1000 + 2 })), tokenOf(claims({ sub: "grace" }))];
      client.auth = (give) => give({ token: tokens.shift() });
      const end = once(client, "disconnect");
      const first = (await once(client, "welcome"))[0];
      const [reason] = await end;
      client.connect();
      return [first, reason, await welcomed(client, way)];
    });
    for (const outcome of await Promise.all(outcomes))
      expect(outcome).toEqual(["ada", "io server disconnect", "grace"]);
  });

  it("ends the sockets of a user that logs out", async () => {
    const cookie = await login(url, "ada");
    const { token } = JSON.parse((await post(`${url}/token`, { cookie })).text) as { token: string };
    const clients = WAYS.map((way) => withToken(token, way));
    await Promise.all(clients.map((client, index) => welcomed(client, WAYS[index]!)));
    const ends = clients.map((client) => once(client, "disconnect"));
    await post(`${url}/logout`, { cookie });
    for (const [reason] of await Promise.all(ends)) expect(reason).toBe("io server disconnect");
  });
});
