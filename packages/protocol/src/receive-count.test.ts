import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReceiveCount, readCount, readNoop } from "./receive-count.js";

describe("a receive count", () => {
  it("asks for an acknowledgement after 32 messages, until one is taken", () => {
    const count = new ReceiveCount();
    const due = Array.from({ length: 33 }, () => count.add(1));
    expect(due).toEqual([...Array<boolean>(31).fill(false), true, true]);
    expect(count.take()).toBe("33");
    expect(count.add(1)).toBe(false);
    expect(count.received).toBe(34);
  });

  it("asks for one after 64 KiB, before it the messages are few", () => {
    const count = new ReceiveCount();
    expect([count.add(65_535), count.add(1)]).toEqual([false, true]);
    count.take();
    expect(count.add(65_535)).toBe(false);
    expect(new ReceiveCount().add(65_536)).toBe(true);
  });

  it("owes an acknowledgement from the first message to the next that is taken", () => {
    const count = new ReceiveCount();
    expect(count.isOwing).toBe(false);
    expect(count.take()).toBe("0");
    count.add(1);
    expect(count.isOwing).toBe(true);
    count.take();
    expect(count.isOwing).toBe(false);
    expect(count.take()).toBe("1");
  });

  it("counts what was left out as received", () => {
    const count = new ReceiveCount();
    count.add(1);
    count.skip(3);
    expect([count.received, count.isOwing, count.take()]).toEqual([4, true, "4"]);
  });

  it("never goes on for 32 messages or 64 KiB without saying so, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000)), (lengths) => {
        const count = new ReceiveCount();
        let owed = 0;
        let owedBytes = 0;
        lengths.forEach((length, index) => {
          owed += 1;
          owedBytes += length;
          const isDue = count.add(length);
          expect(isDue).toBe(owed >= 32 || owedBytes >= 65_536);
          expect(count.received).toBe(index + 1);
          if (!isDue) return;
          expect(count.take()).toBe(String(index + 1));
          owed = owedBytes = 0;
        });
      }),
    );
  });
});

describe("reading a count", () => {
  it.each([
    ["0", 0],
    ["1", 1],
    ["12", 12],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("takes %j", (text, count) => {
    expect(readCount(text)).toBe(count);
  });

  it.each([
    ...["", " ", "00", "01", "-1", "+1", "1 ", " 1", "1.0", "1e3", "0x1", "probe", "NaN", "Infinity", "١", "1\n"],
    ...["9007199254740992", "9999999999999999", "10000000000000000", "1".repeat(400)],
    ...[undefined, null, 1, true, {}, ["1"], Buffer.from("1")],
  ])("refuses %j", (text) => {
    expect(readCount(text)).toBeUndefined();
  });

  it("gives back every count that was written, and takes nothing that is written otherwise", () => {
    fc.assert(fc.property(fc.maxSafeNat(), (count) => readCount(String(count)) === count));
    fc.assert(
      fc.property(fc.string(), (text) => {
        const count = readCount(text);
        if (count !== undefined) expect(String(count)).toBe(text);
      }),
    );
  });
});

describe("reading a noop", () => {
  it("tells a count from a gap in a replay", () => {
    expect(readNoop("7")).toEqual({ acknowledged: 7 });
    expect(readNoop("+7")).toEqual({ skipped: 7 });
  });

  it.each(["", "+", "++1", "+-1", "+01", "-1", "+ 1", "1+", undefined, Buffer.from("+1")])("refuses %j", (text) => {
    expect(readNoop(text)).toBeUndefined();
  });
});
