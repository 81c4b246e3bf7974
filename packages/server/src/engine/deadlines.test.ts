import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TestClock } from "@everwire/testkit";
import { Alarm, Deadlines } from "./deadlines.js";

function setup(): { clock: TestClock; deadlines: Deadlines; alarm: (name: string) => Alarm; fired: string[] } {
  const clock = new TestClock();
  const deadlines = new Deadlines(clock);
  const fired: string[] = [];
  return { clock, deadlines, fired, alarm: (name) => new Alarm(() => fired.push(`${name}@${clock.now()}`)) };
}

describe("Deadlines", () => {
  test("fire when they are due, in order, and once", () => {
    const { clock, deadlines, alarm, fired } = setup();
    deadlines.set(alarm("a"), 100);
    clock.advance(40);
    deadlines.set(alarm("b"), 100);
    deadlines.set(alarm("c"), 10);
    clock.advance(1000);
    expect(fired).toEqual(["c@50", "a@100", "b@140"]);
  });

  test("share one timer for each duration, and leave none behind", () => {
    const { clock, deadlines, alarm } = setup();
    const alarms = Array.from({ length: 1000 }, (_, index) => alarm(String(index)));
    for (const each of alarms) deadlines.set(each, 100);
    expect(clock.timers).toBe(1);
    for (const each of alarms) deadlines.clear(each);
    expect(clock.timers).toBe(0);
    deadlines.set(alarms[0]!, 100);
    clock.advance(100);
    expect(clock.timers).toBe(0);
  });

  test("move when they are set again, to another duration too", () => {
    const { clock, deadlines, alarm, fired } = setup();
    const moved = alarm("moved");
    deadlines.set(moved, 100);
    clock.advance(90);
    deadlines.set(moved, 100);
    clock.advance(90);
    deadlines.set(moved, 20);
    clock.advance(1000);
    expect(fired).toEqual(["moved@200"]);
  });

  test("may be set and cleared by one that fires", () => {
    const { clock, deadlines, alarm, fired } = setup();
    const other = alarm("other");
    const again = new Alarm(() => {
      fired.push(`again@${clock.now()}`);
      deadlines.clear(other);
      if (fired.length < 3) deadlines.set(again, 100);
    });
    deadlines.set(again, 100);
    deadlines.set(other, 100);
    clock.advance(1000);
    expect(fired).toEqual(["again@100", "again@200", "again@300"]);
    expect(clock.timers).toBe(0);
  });

  test("go on when one of them throws", () => {
    const { clock, deadlines, alarm, fired } = setup();
    const faulty = new Alarm(() => {
      throw new Error("a listener's");
    });
    deadlines.set(faulty, 100);
    deadlines.set(alarm("behind it"), 100);
    expect(() => clock.advance(100)).toThrow("a listener's");
    clock.advance(1);
    deadlines.set(alarm("later"), 100);
    clock.advance(100);
    expect(fired).toEqual(["behind it@101", "later@201"]);
  });

  test("after a stall wait until what has arrived meanwhile was read", () => {
    const { clock, deadlines, alarm, fired } = setup();
    const pong = alarm("timeout");
    deadlines.set(pong, 100);
    clock.stall(5000);
    clock.fireTimers();
    // Here the network phase of the event loop finds the pong.
    deadlines.clear(pong);
    clock.runImmediates();
    expect(fired).toEqual([]);
  });

  test("keep one timer when they are set while others expire", () => {
    const { clock, deadlines, alarm, fired } = setup();
    const first = alarm("first");
    deadlines.set(first, 100);
    clock.stall(100);
    clock.fireTimers();
    deadlines.clear(first);
    deadlines.set(alarm("second"), 100);
    clock.runImmediates();
    expect(clock.timers).toBe(1);
    clock.advance(100);
    expect(fired).toEqual(["second@200"]);
    expect(clock.timers).toBe(0);
  });

  test("agree with a plain list of due times, whatever the order of calls", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("set"), id: fc.nat(7), duration: fc.constantFrom(10, 25, 100) }),
      fc.record({ kind: fc.constant("clear"), id: fc.nat(7) }),
      fc.record({ kind: fc.constant("advance"), ms: fc.nat(60) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new TestClock();
        const deadlines = new Deadlines(clock);
        const due = new Map<number, number>();
        const alarms = Array.from(
          { length: 8 },
          (_, id) =>
            new Alarm(() => {
              expect(due.get(id)).toBe(clock.now());
              due.delete(id);
            }),
        );
        for (const each of steps) {
          if ("duration" in each) {
            deadlines.set(alarms[each.id]!, each.duration);
            due.set(each.id, clock.now() + each.duration);
          } else if ("ms" in each) {
            clock.advance(each.ms);
            for (const dueMs of due.values()) expect(dueMs).toBeGreaterThan(clock.now());
          } else {
            deadlines.clear(alarms[each.id]!);
            due.delete(each.id);
          }
        }
        expect(clock.timers).toBeLessThanOrEqual(3);
      }),
    );
  });

  test("come from the timers of the system by default", async () => {
    const deadlines = new Deadlines();
    const start = performance.now();
    await new Promise<void>((resolve) => deadlines.set(new Alarm(resolve), 20));
    expect(performance.now() - start).toBeGreaterThanOrEqual(19);
    const cleared = new Alarm(() => undefined);
    deadlines.set(cleared, 30_000);
    deadlines.clear(cleared);
  });
});
