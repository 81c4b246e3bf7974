import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AnsweredBroadcasts, AskedBroadcasts } from "./cluster-acks.js";
import { clampDelay } from "./cluster-delay.js";
import { CountedAnswers, NamedAnswers } from "./cluster-expectation.js";
import { ClusterRequests } from "./cluster-requests.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("ClusterRequests", () => {
  it("takes answers that come before it is known who is waited for", () => {
    const requests = new ClusterRequests();
    const settle = vi.fn();
    const id = requests.open(100, settle) ?? "";
    requests.onAnswer(id, "b", "one");
    requests.onAnswer(id, "stranger", "nobody asked");
    requests.onGone("c");
    expect(settle).not.toHaveBeenCalled();
    requests.expect(id, new NamedAnswers(["b", "c"]));
    expect(settle).toHaveBeenCalledExactlyOnceWith(null, ["one"]);
    expect([requests.size, vi.getTimerCount()]).toEqual([0, 0]);
    requests.expect(id, new CountedAnswers(0));
    requests.onAnswer(id, "d", "late");
    expect(requests.fail(id, new Error("late"))).toBe(false);
    expect(settle).toHaveBeenCalledTimes(1);
  });

  it("refuses more than it may hold", () => {
    const requests = new ClusterRequests(1);
    requests.open(100, vi.fn());
    const settle = vi.fn();
    expect(requests.open(100, settle)).toBeUndefined();
    expect(settle).toHaveBeenCalledWith(expect.objectContaining({ code: "ERR_CLUSTER_OVERLOADED" }), []);
    requests.close();
    expect(requests.size).toBe(0);
  });
});

describe("AskedBroadcasts", () => {
  it("forgets each in time, and the oldest when there are too many", () => {
    const asked = new AskedBroadcasts(2);
    const counts: number[] = [];
    const ids = [1, 2, 3].map(() =>
      asked.open(
        100,
        undefined,
        (count) => counts.push(count),
        () => undefined,
      ),
    );
    expect(asked.size).toBe(2);
    for (const id of ids) asked.onClientCount(id, "b", 1);
    expect(counts).toEqual([1, 1]);
    asked.onGone("b");
    expect(counts).toHaveLength(2);
    vi.advanceTimersByTime(100);
    expect(asked.size).toBe(0);
    asked.forget("unknown");
  });
});

describe("AnsweredBroadcasts", () => {
  it("lets the oldest go when there are too many, and all when it closes", () => {
    const answered = new AnsweredBroadcasts(2);
    const forgets = [vi.fn(), vi.fn(), vi.fn()] as const;
    const ends = forgets.map((forget) => answered.open(undefined, forget));
    expect(forgets.map((forget) => forget.mock.calls.length)).toEqual([1, 0, 0]);
    ends[1]?.();
    answered.close();
    expect(forgets.map((forget) => forget.mock.calls.length)).toEqual([1, 0, 1]);
    expect([answered.size, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("a delay of another server", () => {
  it.each([
    [100, 100],
    [-1, 0],
    [Infinity, 2 ** 31 - 1],
    [NaN, 5_000],
    ["soon", 5_000],
    [undefined, 5_000],
  ])("%j is waited for as %j ms", (given, expected) => {
    expect(clampDelay(given)).toBe(expected);
  });
});
