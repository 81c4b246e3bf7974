import { describe, expect, it } from "vitest";
import { PacketLog, type LoggedPacket } from "./packet-log.js";

const packet = (text: string, atMs = 0): Omit<LoggedPacket, "number"> => ({
  atMs,
  rooms: new Set(),
  except: undefined,
  data: [text],
  encoded: [text],
});
const texts = (log: PacketLog, after: number): unknown[] => Array.from(log.after(after), ({ data }) => data?.[0]);

describe("PacketLog", () => {
  it("numbers packets from 1 and gives those behind a number", () => {
    const log = new PacketLog({ maxPackets: 10, maxBytes: 1e6 });
    expect(log.last).toBe(0);
    expect([log.add(packet("a")), log.skip(), log.add(packet("b"))]).toEqual([1, 2, 3]);
    expect(texts(log, 0)).toEqual(["a", "b"]);
    expect(texts(log, 1)).toEqual(["b"]);
    expect(texts(log, 2)).toEqual(["b"]);
    expect(texts(log, 3)).toEqual([]);
  });

  it("drops the oldest above its count and remembers how far", () => {
    const log = new PacketLog({ maxPackets: 2, maxBytes: 1e6 });
    for (const text of ["a", "b", "c"]) log.add(packet(text));
    expect(texts(log, 0)).toEqual(["b", "c"]);
    expect(log.droppedUpTo).toBe(1);
  });

  it("drops the oldest above its bytes, attachments counted", () => {
    const log = new PacketLog({ maxPackets: 1e6, maxBytes: 2_000 });
    log.add(packet("a"));
    log.add({ ...packet("b"), encoded: ["b", new Uint8Array(1_500)] });
    expect(texts(log, 0)).toEqual(["a", "b"]);
    log.add(packet("c".repeat(200)));
    expect(log.droppedUpTo).toBe(2);
    expect(log.bytes).toBeLessThanOrEqual(2_000);
    log.add({ ...packet("d"), encoded: ["d", new Uint8Array(5_000)] });
    expect(log.size).toBe(0);
    expect(log.bytes).toBe(0);
  });

  it("drops what is older than asked", () => {
    const log = new PacketLog({ maxPackets: 10, maxBytes: 1e6 });
    log.add(packet("a", 1));
    log.add(packet("b", 2));
    log.add(packet("c", 3));
    log.expire(3);
    expect(texts(log, 0)).toEqual(["c"]);
    log.expire(10);
    expect(log.size).toBe(0);
    log.expire(20);
  });

  it("stays right over many drops", () => {
    const log = new PacketLog({ maxPackets: 10, maxBytes: 1e9 });
    for (let i = 1; i <= 5_000; i++) log.add(packet(String(i)));
    expect(log.size).toBe(10);
    expect(texts(log, 4_998)).toEqual(["4999", "5000"]);
    expect(texts(log, 0)).toHaveLength(10);
  });
});
