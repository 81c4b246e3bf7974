import { afterEach, expect, it, vi } from "vitest";
import { installTimerFunctions } from "./timers.js";

afterEach(() => {
  vi.useRealTimers();
});

it("timers are the global ones, as a test framework has replaced them", () => {
  vi.useFakeTimers();
  const timers = installTimerFunctions({ own: 1 }, {});
  const callback = vi.fn();
  timers.setTimeoutFn(callback, 1000);
  timers.clearTimeoutFn(timers.setTimeoutFn(callback, 10));
  vi.advanceTimersByTime(1000);
  expect(callback).toHaveBeenCalledOnce();
  expect(timers.own).toBe(1);
});

it("native timers run when the global ones are replaced", async () => {
  vi.useFakeTimers();
  const timers = installTimerFunctions({}, { useNativeTimers: true });
  const dropped = vi.fn();
  timers.clearTimeoutFn(timers.setTimeoutFn(dropped, 1));
  await new Promise<void>((resolve) => timers.setTimeoutFn(resolve, 2));
  expect(dropped).not.toHaveBeenCalled();
});

it("with autoUnref a timer does not keep the process alive", () => {
  const isHeld = (autoUnref: boolean): boolean => {
    const timers = installTimerFunctions({}, { autoUnref });
    const timer = timers.setTimeoutFn(() => undefined, 1000) as NodeJS.Timeout;
    timers.clearTimeoutFn(timer);
    return timer.hasRef();
  };
  expect([isHeld(false), isHeld(true)]).toEqual([true, false]);
});
