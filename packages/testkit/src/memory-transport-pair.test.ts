// Whole sessions of ours over the memory pair, with a clock in the test's hand.
import { Socket as ClientSession } from "@everwire/client/engine";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryTransportPair, MemoryWire } from "./memory-transport-pair.js";
import { turns } from "./wait.js";

const OPEN = JSON.stringify({
  sid: "memory",
  upgrades: [],
  pingInterval: 1_000,
  pingTimeout: 500,
  maxPayload: 1_000_000,
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A client session whose server is the test. */
async function clientSession(): Promise<{
  session: ClientSession;
  wire: MemoryWire;
  log: string[];
  received: unknown[];
}> {
  const wire = new MemoryWire();
  const log: string[] = [];
  const received: unknown[] = [];
  wire.toServer.receiver = ({ type, data }) => received.push(data === undefined ? type : data);
  const session = new ClientSession("http://memory", { transportImplementations: [wire.clientTransport] });
  session.on("open", () => log.push("open"));
  session.on("close", (reason: string) => log.push(`close: ${reason}`));
  await turns();
  wire.toClient.send([{ type: "open", data: OPEN }], () => undefined);
  await turns();
  return { session, wire, log, received };
}

describe("a client session over the memory wire", () => {
  test("opens, answers pings and carries messages", async () => {
    const { session, wire, log, received } = await clientSession();
    expect(log).toEqual(["open"]);
    expect(session.id).toBe("memory");
    wire.toClient.send([{ type: "ping" }], () => undefined);
    session.send("hello");
    await turns();
    expect(received).toContain("pong");
    expect(received).toContain("hello");
    session.close();
  });

  test("closes with ping timeout when the clock says so, and not before", async () => {
    const { log } = await clientSession();
    await vi.advanceTimersByTimeAsync(1_499);
    expect(log).toEqual(["open"]);
    await vi.advanceTimersByTimeAsync(2);
    expect(log).toEqual(["open", "close: ping timeout"]);
  });

  test("closes with transport error when the wire breaks", async () => {
    const { log, wire } = await clientSession();
    wire.break();
    await turns();
    expect(log).toEqual(["open", "close: transport error"]);
  });
});

test("what is sent is copied: changing it afterwards changes nothing", async () => {
  const { wire, client } = memoryTransportPair();
  const received: unknown[] = [];
  wire.toServer.receiver = ({ data }) => received.push(data);
  client.open();
  await turns();
  const bytes = Buffer.from([1, 2, 3]);
  client.send([{ type: "message", data: bytes }]);
  bytes.fill(0);
  await turns();
  expect(received).toEqual([Buffer.from([1, 2, 3])]);
});

test("a held lane passes nothing, and everything once it is released", async () => {
  const { wire, client } = memoryTransportPair();
  const received: unknown[] = [];
  wire.toServer.receiver = ({ data }) => received.push(data);
  client.open();
  await turns();
  wire.toServer.hold();
  client.send([{ type: "message", data: "a" }]);
  await turns();
  expect(received).toEqual([]);
  expect(wire.toServer.isEmpty).toBe(false);
  expect(client.writable).toBe(false);
  wire.toServer.release();
  await turns();
  expect(received).toEqual(["a"]);
  expect(client.writable).toBe(true);
});
