// Attacks on the doors of the engine, on bare sockets: the server stays up, other sessions are unaffected, the offender gets a
// clear answer. The attacks on one transport or on the upgrade stand beside their code.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { RawEngineClient, RawTcp, httpRequest, startEngine, turns, until, upgradeRequest } from "@everwire/testkit";
import type { RawSession, StartedEngine } from "@everwire/testkit";
import { attach } from "@everwire/server/engine";

const TARGET = "/engine.io/?EIO=4&transport=websocket";

let started: StartedEngine;
let client: RawEngineClient;
let bystander: RawSession;

beforeEach(async () => {
  started = await startEngine({ destroyUpgradeTimeout: 20 });
  client = new RawEngineClient(started.url, { path: "/engine.io/" });
  bystander = await client.websocket();
});

// After each attack the other session lives, new ones are let in, and nothing of the attacker is left.
afterEach(async () => {
  const session = started.engine.clients[bystander.handshake.sid];
  session?.send("alive");
  expect(await bystander.next()).toBe("4alive");
  const late = await client.websocket();
  await late.close();
  await until(() => started.engine.clientsCount === 1, "the end of all other sessions");
  await started.close();
});

async function open(): Promise<RawTcp> {
  const tcp = await RawTcp.open(started.port);
  onTestFinished(() => tcp.destroy());
  return tcp;
}

describe("S6 the connection resets", () => {
  test("while an upgrade is refused", async () => {
    for (let round = 0; round < 20; round++) {
      const tcp = await open();
      tcp.write(upgradeRequest("/engine.io/?EIO=4&transport=websocket&sid=nobody"));
      if (round % 2 === 0) await turns(round % 5);
      tcp.reset();
    }
    await turns(10);
  });

  test("while an upgrade is looked at", async () => {
    const answers: (() => void)[] = [];
    started.engine.opts.allowRequest = (_request, callback) => answers.push(() => callback(null, true));
    const tcp = await open();
    tcp.write(upgradeRequest(TARGET));
    await until(() => answers.length === 1, "the question");
    tcp.reset();
    await turns(10);
    answers[0]?.();
    delete started.engine.opts.allowRequest;
    await turns(5);
    expect(started.engine.clientsCount).toBe(1);
  });

  test("while a polling session is looked at", async () => {
    const answers: (() => void)[] = [];
    started.engine.opts.allowRequest = (_request, callback) => answers.push(() => callback(null, true));
    const tcp = await open();
    tcp.write("GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n");
    await until(() => answers.length === 1, "the question");
    tcp.reset();
    await until(() => started.connections.size === 1, "the end of the connection");
    answers[0]?.();
    delete started.engine.opts.allowRequest;
    expect(started.engine.clientsCount).toBe(1);
  });
});

describe("S7 the transport", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "webtransport", "Polling", "polling,websocket"])(
    "%s is unknown over HTTP and over WebSocket",
    async (transport) => {
      const answer = await httpRequest(client.url(transport));
      expect(answer.json()).toEqual({ code: 0, message: "Transport unknown" });
      const tcp = await open();
      tcp.write(upgradeRequest(`/engine.io/?EIO=4&transport=${transport}`));
      expect((await tcp.readResponse()).body).toBe("Transport unknown");
      await tcp.closed();
    },
  );

  test("given twice is the last one that was given", async () => {
    const answer = await httpRequest(`${client.url("polling")}&transport=unknown`);
    expect(answer.json()).toEqual({ code: 0, message: "Transport unknown" });
  });

  test("S10 an id given twice is the last one that was given", async () => {
    const { sid } = bystander.handshake;
    const answer = await httpRequest(`${client.url("polling", { sid })}&sid=other`);
    expect(answer.json()).toEqual({ code: 1, message: "Session ID unknown" });
  });
});

test("S8 2,000 headers, so that Upgrade is beyond the limit, are refused", async () => {
  const many = Array.from({ length: 2000 }, (_, index) => `a${index}: b\r\n`).join("");
  const tcp = await open();
  tcp.write(
    `GET ${TARGET} HTTP/1.1\r\n${many}Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  expect((await tcp.readResponse()).status).toBeGreaterThanOrEqual(400);
});

describe("S11 Upgrade: websocket", () => {
  test.each(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])(
    "with %s is answered or ended",
    async (method) => {
      for (const target of ["/", "/elsewhere", TARGET, "/engine.io/", "/engine.io/?EIO=4&transport=polling"]) {
        if (method === "GET" && target === TARGET) continue;
        const tcp = await open();
        tcp.write(upgradeRequest(target).replace("GET", method));
        await tcp.closed();
        expect(tcp.text).toMatch(/^$|^HTTP\/1\.1 4\d\d/);
      }
      expect(started.engine.clientsCount).toBe(1);
    },
  );

  test.each([
    ["no key", { "Sec-WebSocket-Key": "" }],
    ["a bad key", { "Sec-WebSocket-Key": "short" }],
    ["no version", { "Sec-WebSocket-Version": "" }],
    ["an unknown version", { "Sec-WebSocket-Version": "12" }],
    ["another protocol", { Upgrade: "h2c" }],
  ])("with %s is answered 400", async (_name, headers) => {
    const tcp = await open();
    tcp.write(upgradeRequest(TARGET, headers));
    expect((await tcp.readResponse()).status).toBeGreaterThanOrEqual(400);
    await tcp.closed();
    expect(started.engine.clientsCount).toBe(1);
  });
});

test.each(["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"])(
  "S16 12k spaces, quotes and commas in %s are read in no time",
  async (name) => {
    for (const value of [`a,${" ".repeat(12_000)}b`, `a; b="${"\\".repeat(12_000)}`, `a${",".repeat(12_000)}`]) {
      const start = performance.now();
      const tcp = await open();
      tcp.write(upgradeRequest(TARGET, { [name]: value }));
      await tcp.readThrough("\r\n\r\n");
      expect(performance.now() - start).toBeLessThan(1000);
      tcp.destroy();
    }
  },
);

test("S20 half a header ends at the HTTP server's deadline", async () => {
  const http = createServer({ connectionsCheckingInterval: 10, headersTimeout: 40, requestTimeout: 80 });
  attach(http);
  onTestFinished(() => void http.close());
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const tcp = await RawTcp.open((http.address() as AddressInfo).port);
  tcp.write("GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost:");
  await tcp.closed();
});

test("S26 a session can't be read or written without its id, which no answer to others shows", async () => {
  const { sid } = bystander.handshake;
  const errors: unknown[] = [];
  started.engine.on("connection_error", ({ message, context }: { message: string; context: unknown }) =>
    errors.push(message, context),
  );
  const guesses = [sid.slice(0, -1), `${sid}x`, sid.toUpperCase(), "*", "undefined", "0"];
  for (const guess of guesses) {
    const answer = await httpRequest(client.url("polling", { sid: guess }), { method: "POST", body: "4stolen" });
    expect(answer.json()).toEqual({ code: 1, message: "Session ID unknown" });
  }
  expect(JSON.stringify(errors)).not.toContain(`"${sid}"`);
});

test("S26 what allowRequest has refused does not open", async () => {
  started.engine.opts.allowRequest = (_request, callback) => callback(null, false);
  expect((await httpRequest(client.url("polling"))).status).toBe(403);
  delete started.engine.opts.allowRequest;
});

test("garbage in front of and behind requests harms nobody", async () => {
  for (const bytes of [
    "\0\0\0\0",
    "GET\r\n\r\n",
    "\x16\x03\x01",
    "x".repeat(100_000),
    upgradeRequest(TARGET).slice(0, 60),
  ]) {
    const tcp = await open();
    tcp.write(bytes);
    await turns(3);
    tcp.destroy();
  }
  const tcp = await open();
  tcp.write(upgradeRequest(TARGET), "GET / HTTP/1.1\r\n\r\n");
  await tcp.closed();
});
