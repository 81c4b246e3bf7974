import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { RawTcp } from "@everwire/testkit";
import { queryOf } from "./request-query.js";
import { RequestSummary } from "./request-summary.js";

async function receive(lines: readonly string[]): Promise<IncomingMessage> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const received = new Promise<IncomingMessage>((resolve) => server.once("request", resolve));
  const tcp = await RawTcp.open((server.address() as AddressInfo).port);
  onTestFinished(() => tcp.destroy());
  tcp.write(["GET /engine.io/?EIO=4&a=%C3%A9 HTTP/1.1", ...lines, "", ""].join("\r\n"));
  return received;
}

const LINES = [
  "Host: example.test",
  "Cookie: a=1",
  "Cookie: b=2",
  "X-Forwarded-For: 1.1.1.1",
  "X-Forwarded-For: 2.2.2.2",
  "User-Agent: first",
  "User-Agent: second",
  "Set-Cookie: c=3",
  "Set-Cookie: d=4",
  "X-Caf\xe9: caf\xe9",
  "X-Empty:",
].filter((line) => !line.startsWith("X-Caf"));

test("a restored request has what the first one had", async () => {
  const request = await receive([...LINES, "X-Latin: caf\xe9"]);
  const restored = new RequestSummary(request).restore();
  expect(restored.headers).toEqual(request.headers);
  expect(restored.rawHeaders).toEqual(request.rawHeaders);
  expect(restored.url).toBe(request.url);
  expect(restored.method).toBe("GET");
  expect([restored.httpVersion, restored.httpVersionMajor, restored.httpVersionMinor]).toEqual(["1.1", 1, 1]);
  expect(restored.socket).toBe(request.socket);
  expect(queryOf(restored)["a"]).toBe("é");
});

test("its body is empty and over", async () => {
  const restored = new RequestSummary(await receive(LINES)).restore();
  const chunks: unknown[] = [];
  for await (const chunk of restored) chunks.push(chunk);
  expect(chunks).toEqual([]);
});

test("S27 a header named __proto__ is a header like any other", async () => {
  const request = await receive(["Host: a", "__proto__: polluted", "constructor: x"]);
  const { headers } = new RequestSummary(request).restore();
  expect(Object.keys(headers)).toContain("__proto__");
  expect(headers["constructor"]).toBe("x");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("a request whose connection is gone has a socket nevertheless", () => {
  const request = { url: "/", httpVersion: "1.0", rawHeaders: [], socket: new Socket() } as unknown as IncomingMessage;
  const restored = new RequestSummary(request).restore();
  expect(restored.socket).toBeInstanceOf(Socket);
  expect(restored.headers).toEqual({});
});
