import { describe, expect, test, vi } from "vitest";
import type { AckCallback } from "./acks.js";
import { BufferCap } from "./buffer-cap.js";
import { RetryQueue } from "./retry-queue.js";

function setUp(retries = 1, maxPackets = 10) {
  const sent: { data: unknown[]; settle: AckCallback }[] = [];
  const state = { connected: true };
  const queue = new RetryQueue<object>(retries, new BufferCap(maxPackets, 1000), (data, _flags, settle) => {
    if (state.connected) sent.push({ data, settle });
    return state.connected;
  });
  const push = (name: string, callback?: AckCallback): void => queue.push([name], {}, 1, callback);
  const names = (): unknown[] => sent.map(({ data }) => data[0]);
  return { queue, sent, state, push, names };
}

describe("RetryQueue", () => {
  test("has one packet in flight and sends the next after the ack", () => {
    const { sent, push, names } = setUp();
    const callback = vi.fn();
    push("a", callback);
    push("b");
    expect(names()).toEqual(["a"]);
    sent[0]?.settle(null, 1, 2);
    expect(callback.mock.calls).toEqual([[null, 1, 2]]);
    expect(names()).toEqual(["a", "b"]);
  });

  test("tries `retries + 1` times, then drops the packet with the error and goes on", () => {
    const { sent, push, names } = setUp(2);
    const callback = vi.fn();
    push("a", callback);
    push("b");
    const error = new Error("timeout");
    for (let i = 0; i < 3; i++) {
      expect(callback).not.toHaveBeenCalled();
      sent[i]?.settle(error);
    }
    expect(callback.mock.calls).toEqual([[error]]);
    expect(names()).toEqual(["a", "a", "a", "b"]);
  });

  test("sends nothing while disconnected, and counts no try for it", () => {
    const { queue, sent, state, push, names } = setUp(1);
    state.connected = false;
    push("a");
    queue.drain(true);
    queue.drain();
    expect(sent).toEqual([]);
    state.connected = true;
    queue.drain(true);
    sent[0]?.settle(new Error("lost"));
    expect(names()).toEqual(["a", "a"]);
  });

  test("sends the head again over a new connection, and ignores what settles the old try", () => {
    const { queue, sent, push, names } = setUp();
    const callback = vi.fn();
    push("a", callback);
    push("b");
    queue.drain();
    expect(names()).toEqual(["a"]);
    queue.drain(true);
    sent[0]?.settle(null, "late");
    expect(callback).not.toHaveBeenCalled();
    sent[1]?.settle(null, "in time");
    expect(callback.mock.calls).toEqual([[null, "in time"]]);
    sent[1]?.settle(null, "twice");
    expect(names()).toEqual(["a", "a", "b"]);
  });

  test("refuses what is over the cap and makes room when a packet is settled", () => {
    const { sent, push } = setUp(1, 1);
    push("a");
    expect(() => push("b")).toThrow(expect.objectContaining({ code: "ERR_SEND_BUFFER_FULL" }));
    sent[0]?.settle(null);
    push("b");
    expect(sent).toHaveLength(2);
  });
});
