import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Acks } from "./acks.js";
import { installTimerFunctions } from "./engine/timers.js";

let acks: Acks;

beforeEach(() => {
  vi.useFakeTimers();
  acks = new Acks(installTimerFunctions({}, {}));
});
afterEach(() => void vi.useRealTimers());

describe("Acks", () => {
  test("draws a new id for each packet", () => {
    expect([acks.drawId(), acks.drawId(), acks.drawId()]).toEqual([0, 1, 2]);
  });

  test("calls back once, with the answer alone or behind a null", () => {
    const plain = vi.fn();
    const careful = vi.fn();
    acks.add(0, plain, false);
    acks.add(1, careful, true);
    for (const id of [0, 1, 0, 1, 2, -1]) acks.resolve(id, ["a", "b"]);
    expect(plain.mock.calls).toEqual([["a", "b"]]);
    expect(careful.mock.calls).toEqual([[null, "a", "b"]]);
  });

  test("gives an error when the time is over, after its owner was told, and ignores the late answer", () => {
    const calls: unknown[] = [];
    acks.add(
      0,
      (error) => calls.push((error as Error).message),
      true,
      100,
      () => calls.push("owner"),
    );
    vi.advanceTimersByTime(99);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    acks.resolve(0, [1]);
    expect(calls).toEqual(["owner", "operation has timed out"]);
  });

  test("leaves no timer behind", () => {
    acks.add(0, vi.fn(), true, 100);
    acks.add(1, vi.fn(), true, 100);
    acks.resolve(0, []);
    acks.abandon(() => false);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("on a lost connection fails those that take an error, forgets the others, keeps the buffered ones", () => {
    const [plain, careful, buffered] = [vi.fn(), vi.fn(), vi.fn()];
    acks.add(0, plain, false);
    acks.add(1, careful, true);
    acks.add(2, buffered, true);
    acks.abandon((id) => id === 2);
    for (const id of [0, 1, 2]) acks.resolve(id, [1]);
    expect(plain).not.toHaveBeenCalled();
    expect(careful.mock.calls).toEqual([[expect.objectContaining({ message: "socket has been disconnected" })]]);
    expect(buffered.mock.calls).toEqual([[null, 1]]);
  });
});
