import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SendWindow, type WindowMessage } from "./send-window.js";

interface Message extends WindowMessage {
  readonly name: string;
}

const message = (name: string, byteLength = 1, isVolatile = false, isBinary = false): Message => ({
  name,
  byteLength,
  isVolatile,
  isBinary,
});

/** What a message counts for besides its data. */
const EACH = 64;

function filled(...names: string[]): SendWindow<Message> {
  const window = new SendWindow<Message>(1_000);
  // "!a" is volatile, "~a" binary, "!~a" both.
  for (const name of names) window.add(message(name, 1, name.startsWith("!"), name.includes("~")));
  return window;
}

const namesOf = (replay: readonly (Message | number)[] | undefined): (string | number)[] | undefined =>
  replay?.map((item) => (typeof item === "number" ? item : item.name));

describe("a send window", () => {
  it("counts what was sent and keeps it until it is acknowledged", () => {
    const window = filled("a", "b", "c");
    expect([window.sent, window.acknowledged, window.bytes]).toEqual([3, 0, 3 + 3 * EACH]);
    expect(window.acknowledge(2)).toBe(true);
    expect([window.sent, window.acknowledged, window.bytes]).toEqual([3, 2, 1 + EACH]);
    expect(namesOf(window.replay(2))).toEqual(["c"]);
    expect(window.acknowledge(3)).toBe(true);
    expect([window.sent, window.bytes]).toEqual([3, 0]);
    expect(window.replay(3)).toEqual([]);
  });

  it("passes over a count below an earlier one", () => {
    const window = filled("a", "b", "c");
    window.acknowledge(2);
    expect(window.acknowledge(1)).toBe(true);
    expect([window.acknowledged, window.bytes]).toEqual([2, 1 + EACH]);
  });

  it("refuses a count above what was sent, and is as before", () => {
    const window = filled("a", "b");
    expect(window.acknowledge(3)).toBe(false);
    expect(window.acknowledge(Number.MAX_SAFE_INTEGER)).toBe(false);
    expect(window.replay(3)).toBeUndefined();
    expect([window.acknowledged, window.bytes]).toEqual([0, 2 + 2 * EACH]);
    expect(namesOf(window.replay(0))).toEqual(["a", "b"]);
  });

  it("can't send again what was acknowledged", () => {
    const window = filled("a", "b");
    window.acknowledge(1);
    expect(window.replay(0)).toBeUndefined();
  });

  it("gives the same replay again and again until it is acknowledged", () => {
    const window = filled("a", "b", "c");
    expect(namesOf(window.replay(1))).toEqual(["b", "c"]);
    window.add(message("d"));
    expect(namesOf(window.replay(1))).toEqual(["b", "c", "d"]);
    expect(namesOf(window.replay(2))).toEqual(["c", "d"]);
  });

  it("lets the oldest go above its bytes, and has overflowed until they are acknowledged", () => {
    const window = new SendWindow<Message>(10 + 2 * EACH);
    window.add(message("a", 6));
    window.add(message("b", 4));
    expect([window.bytes, window.hasOverflowed]).toEqual([10 + 2 * EACH, false]);
    window.add(message("c", 1));
    expect([window.bytes, window.hasOverflowed, window.sent]).toEqual([5 + 2 * EACH, true, 3]);
    expect(window.replay(0)).toBeUndefined();
    expect(namesOf(window.replay(1))).toEqual(["b", "c"]);
    expect(window.hasOverflowed).toBe(false);
  });

  it("keeps nothing of a message that is larger than all of it", () => {
    const window = new SendWindow<Message>(10 + EACH);
    window.add(message("a"));
    window.add(message("huge", 11));
    expect([window.bytes, window.sent, window.hasOverflowed]).toEqual([0, 2, true]);
    expect(window.acknowledge(1)).toBe(true);
    expect(window.hasOverflowed).toBe(true);
    expect(window.replay(2)).toEqual([]);
    expect(window.hasOverflowed).toBe(false);
  });
});

describe("the memory of a send window", () => {
  it("is bounded for messages without a byte of data too", () => {
    const window = new SendWindow<Message>(10 * EACH);
    for (let count = 0; count < 11; count++) window.add(message("", 0));
    expect([window.bytes, window.hasOverflowed]).toEqual([10 * EACH, true]);
  });

  it("does not hold a message that was acknowledged while the next one is not", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const window = new SendWindow<Message>(1_000);
    const first = ((): WeakRef<Message> => {
      const one = message("first");
      window.add(one);
      return new WeakRef(one);
    })();
    window.add(message("second"));
    window.acknowledge(1);
    // A target of a WeakRef lives until the end of the job in which it was made.
    await new Promise(setImmediate);
    collectGarbage();
    expect(first.deref()).toBeUndefined();
    expect(namesOf(window.replay(1))).toEqual(["second"]);
  });
});

describe("a replay", () => {
  it.each<[string[], number, (string | number)[]]>([
    [["a", "!b", "c"], 0, ["a", 1, "c"]],
    [["!a", "!b", "c"], 0, [2, "c"]],
    [["a", "!b", "!c"], 1, [2]],
    [["a", "!b", "c"], 2, ["c"]],
    [["a", "!b", "!~c", "!~d", "e"], 1, [3, "e"]],
    // The other side has the first part, and waits for what belongs to it.
    [["!a", "!~b", "!~c", "!d", "e"], 1, ["!~b", "!~c", 1, "e"]],
    [["!a", "!~b", "!~c"], 2, ["!~c"]],
    [["a", "~b", "!c", "!~d", "~e"], 1, ["~b", 2, "~e"]],
  ])("of %j after %i is %j: runs of volatile ones are left out", (names, count, expected) => {
    expect(namesOf(filled(...names).replay(count))).toEqual(expected);
  });
});

describe("any history of a send window", () => {
  it("replays exactly what is after the count, or nothing when something of it is gone", () => {
    const step = fc.oneof(
      fc.record({ bytes: fc.nat(9), isVolatile: fc.boolean(), isBinary: fc.boolean() }),
      fc.record({ acknowledge: fc.double({ min: 0, max: 1.2, noNaN: true }) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 + 20 * EACH }),
        fc.array(step, { maxLength: 300 }),
        (maxBytes, steps) => {
          const window = new SendWindow<Message>(maxBytes);
          const sent: Message[] = [];
          let acknowledged = 0;
          for (const one of steps) {
            if ("bytes" in one) {
              sent.push(message(String(sent.length), one.bytes, one.isVolatile, one.isBinary));
              window.add(sent.at(-1) as Message);
            } else {
              const count = Math.floor(one.acknowledge * sent.length);
              expect(window.acknowledge(count)).toBe(count <= sent.length);
              if (count <= sent.length) acknowledged = Math.max(acknowledged, count);
            }
            expect([window.sent, window.acknowledged]).toEqual([sent.length, acknowledged]);
            expect(window.bytes).toBeLessThanOrEqual(maxBytes);
          }
          const hadOverflowed = window.hasOverflowed;
          const replay = window.replay(acknowledged);
          expect(replay === undefined).toBe(hadOverflowed);
          if (replay === undefined) return;
          let at = acknowledged;
          for (const item of replay) {
            if (typeof item !== "number") expect(item).toBe(sent[at++]);
            else for (const end = at + item; at < end; at++) expect(sent[at]?.isVolatile).toBe(true);
          }
          expect(at).toBe(sent.length);
          // Never two runs side by side: one noop for each.
          expect(replay.some((item, index) => typeof item === "number" && typeof replay[index + 1] === "number")).toBe(
            false,
          );
        },
      ),
    );
  });
});
