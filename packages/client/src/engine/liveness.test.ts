import { describe, expect, it } from "vitest";
import { TestClock } from "@everwire/testkit";
import { Liveness } from "./liveness.js";

function watch(bytes = 0): { clock: TestClock; liveness: Liveness; calls: string[] } {
  const clock = new TestClock();
  const calls: string[] = [];
  const timers = {
    setTimeoutFn: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
    clearTimeoutFn: (timer: unknown) => clock.clearTimeout(timer),
  };
  const ask = (): number => {
    calls.push("ask");
    return bytes;
  };
  return { clock, calls, liveness: new Liveness(timers, ask, () => calls.push("dead")) };
}

describe("liveness", () => {
  it("leaves an idle connection alone", () => {
    const { clock, liveness, calls } = watch();
    liveness.onHeard();
    clock.advance(1e6);
    expect([calls, clock.timers]).toEqual([[], 0]);
  });

  it("asks once in a silence after traffic, within four seconds", () => {
    const { clock, liveness, calls } = watch();
    liveness.onTraffic();
    clock.advance(500);
    liveness.onHeard();
    liveness.onTraffic();
    clock.advance(3_499);
    expect(calls).toEqual([]);
    clock.advance(1);
    expect(calls).toEqual(["ask"]);
    liveness.onHeard();
    clock.advance(1e6);
    expect([calls, clock.timers]).toEqual([["ask"], 0]);
    liveness.onTraffic();
    clock.advance(2_000);
    expect(calls).toEqual(["ask", "ask"]);
  });

  it("gives up after five seconds without an answer, and has twice the patience then", () => {
    const { clock, liveness, calls } = watch();
    liveness.probe();
    liveness.probe();
    liveness.onTraffic();
    clock.advance(4_999);
    expect(calls).toEqual(["ask"]);
    clock.advance(1);
    expect(calls).toEqual(["ask", "dead"]);
    liveness.stop();
    liveness.probe();
    clock.advance(9_999);
    expect(calls).toEqual(["ask", "dead", "ask"]);
    clock.advance(1);
    expect(calls.at(-1)).toBe("dead");
  });

  it("is as quick as before once the line has answered again", () => {
    const { clock, liveness, calls } = watch();
    liveness.probe();
    clock.advance(5_000);
    liveness.stop();
    liveness.probe();
    liveness.onHeard();
    liveness.probe();
    clock.advance(5_000);
    expect(calls).toEqual(["ask", "dead", "ask", "ask", "dead"]);
  });

  it("watches on when messages left while it asked", () => {
    const { clock, liveness, calls } = watch();
    liveness.probe();
    liveness.onTraffic();
    liveness.onHeard();
    clock.advance(2_000);
    expect(calls).toEqual(["ask", "ask"]);
    clock.advance(5_000);
    expect(calls.at(-1)).toBe("dead");
  });

  it("waits longer while much is on its way", () => {
    const { clock, liveness, calls } = watch(1_600_000);
    liveness.probe();
    clock.advance(104_999);
    expect(calls).toEqual(["ask"]);
    clock.advance(1);
    expect(calls).toEqual(["ask", "dead"]);
  });

  it("does not take a process that stood still for a connection that is dead", () => {
    const { clock, liveness, calls } = watch();
    liveness.probe();
    clock.stall(60_000);
    clock.fireTimers();
    expect(calls).toEqual(["ask"]);
    // What came meanwhile is read now.
    liveness.onHeard();
    clock.advance(60_000);
    expect(calls).toEqual(["ask"]);
  });

  it("is over when it is stopped", () => {
    const { clock, liveness, calls } = watch();
    liveness.onTraffic();
    liveness.stop();
    liveness.probe();
    liveness.stop();
    clock.advance(1e6);
    expect([calls, clock.timers]).toEqual([["ask"], 0]);
  });
});
