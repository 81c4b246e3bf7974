import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ClusterOrder, type OrderLimits } from "./cluster-order.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Bench {
  order: ClusterOrder;
  log: string[];
  errors: unknown[];
  /** A step that waits; returns what gives it its offset. */
  wait(name: string, bytes?: number): (offset: string | undefined) => Promise<void>;
}

function create(limits?: OrderLimits): Bench {
  const log: string[] = [];
  const errors: unknown[] = [];
  const order = new ClusterOrder((error) => errors.push(error), limits);
  const wait: Bench["wait"] = (name, bytes = 0) => {
    let give: (offset: string | undefined) => void = () => undefined;
    const offset = new Promise<string | undefined>((resolve) => (give = resolve));
    order.runAfter(offset, bytes, (value) => log.push(`${name}:${value ?? "none"}`));
    return async (value) => {
      give(value);
      await vi.advanceTimersByTimeAsync(0);
    };
  };
  return { order, log, errors, wait };
}

describe("ClusterOrder", () => {
  it("runs at once what has nothing to wait for, and throws to its caller", () => {
    const { order, log } = create();
    order.run(() => log.push("now"));
    expect(log).toEqual(["now"]);
    expect(() => {
      order.run(() => {
        throw new Error("to the caller");
      });
    }).toThrow("to the caller");
    expect(order.isBusy).toBe(false);
  });

  it("keeps the order whatever comes back first", async () => {
    const { order, log, wait } = create();
    const first = wait("a");
    const second = wait("b");
    order.run(() => log.push("c"));
    await second("2");
    expect(log).toEqual([]);
    await first("1");
    expect(log).toEqual(["a:1", "b:2", "c"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes on without an offset when publishing fails", async () => {
    const { order, log } = create();
    order.runAfter(Promise.reject(new Error("broker is away")), 0, (offset) => log.push(`a:${String(offset)}`));
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(["a:undefined"]);
  });

  it("waits 5 seconds for each and no longer", async () => {
    const { order, log, wait } = create();
    wait("a");
    await vi.advanceTimersByTimeAsync(3_000);
    const late = wait("b");
    order.run(() => log.push("c"));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(log).toEqual(["a:none"]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(log).toEqual(["a:none", "b:none", "c"]);
    await late("too late");
    expect(log).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("holds no more steps and bytes than it may", async () => {
    const steps = create({ maxSteps: 2 });
    for (const name of ["a", "b", "c"]) steps.wait(name);
    expect(steps.log).toEqual(["a:none"]);
    const bytes = create({ maxBytes: 10 });
    bytes.wait("a", 6);
    bytes.wait("b", 6);
    expect(bytes.log).toEqual(["a:none"]);
    bytes.wait("c", 20);
    expect(bytes.log).toEqual(["a:none", "b:none", "c:none"]);
    expect(bytes.order.isBusy).toBe(false);
  });

  it("reports a step that fails after its caller is gone, and runs the next", async () => {
    const { order, log, errors, wait } = create();
    const first = wait("a");
    order.run(() => {
      throw new Error("late");
    });
    order.run(() => log.push("c"));
    await first("1");
    expect(log).toEqual(["a:1", "c"]);
    expect(errors).toEqual([new Error("late")]);
  });

  it("takes steps from steps, behind all others", async () => {
    const { order, log, wait } = create();
    const first = wait("a");
    order.run(() => order.run(() => log.push("inner")));
    order.run(() => log.push("b"));
    await first("1");
    expect(log).toEqual(["a:1", "b", "inner"]);
    expect(order.isBusy).toBe(false);
  });

  it("runs everything when it is told to", () => {
    const { order, log, wait } = create();
    wait("a");
    order.run(() => log.push("b"));
    order.flush();
    expect(log).toEqual(["a:none", "b"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
