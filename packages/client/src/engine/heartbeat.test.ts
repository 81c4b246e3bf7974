import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Heartbeat } from "./heartbeat.js";
import { installTimerFunctions } from "./timers.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(limitMs: number): { heartbeat: Heartbeat; onExpired: ReturnType<typeof vi.fn> } {
  const onExpired = vi.fn();
  const heartbeat = new Heartbeat(installTimerFunctions({}, {}), onExpired);
  heartbeat.restart(limitMs);
  return { heartbeat, onExpired };
}

it("a heartbeat expires when no ping restarts it", () => {
  const { heartbeat, onExpired } = start(100);
  vi.advanceTimersByTime(99);
  heartbeat.restart();
  vi.advanceTimersByTime(99);
  expect(onExpired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(onExpired).toHaveBeenCalledOnce();
});

it("a heartbeat that was stopped never expires and is never late", () => {
  const { heartbeat, onExpired } = start(100);
  heartbeat.stop();
  vi.advanceTimersByTime(1000);
  expect(onExpired).not.toHaveBeenCalled();
  expect(heartbeat.lateMs).toBeLessThanOrEqual(0);
  expect(vi.getTimerCount()).toBe(0);
});

it("a heartbeat is late by the clock although its timer is late", () => {
  const { heartbeat, onExpired } = start(100);
  vi.setSystemTime(Date.now() + 100);
  expect(heartbeat.lateMs).toBeLessThanOrEqual(0);
  vi.setSystemTime(Date.now() + 1);
  expect(heartbeat.lateMs).toBe(1);
  expect(onExpired).not.toHaveBeenCalled();
});

it("a limit beyond what timers can hold does not expire at once", () => {
  const { onExpired } = start(1e12);
  vi.advanceTimersByTime(1000);
  expect(onExpired).not.toHaveBeenCalled();
});
