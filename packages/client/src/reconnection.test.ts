import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { installTimerFunctions } from "./engine/timers.js";
import { Reconnection } from "./reconnection.js";

const BACKOFF = { reconnectionDelay: 100, reconnectionDelayMax: 1000, randomizationFactor: 0 };
// Node has no events of the network; a browser's global scope is an event target.
const page = new EventTarget();
const scope = globalThis as unknown as Record<string, unknown>;
const listening = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  listening.mockClear();
  scope.addEventListener = (name: string, listener: () => void) => {
    listening(name, true);
    page.addEventListener(name, listener);
  };
  scope.removeEventListener = (name: string, listener: () => void) => page.removeEventListener(name, listener);
});

afterEach(() => {
  vi.useRealTimers();
  delete scope.addEventListener;
  delete scope.removeEventListener;
});

function setUp(): { reconnection: Reconnection; retries: number[] } {
  const retries: number[] = [];
  const timers = installTimerFunctions({}, {});
  const reconnection = new Reconnection(BACKOFF, timers, (attempt) => retries.push(attempt));
  return { reconnection, retries };
}

describe("Reconnection", () => {
  test("retries after the delay, each wait longer than the last", () => {
    const { reconnection, retries } = setUp();
    reconnection.wait();
    vi.advanceTimersByTime(99);
    expect(retries).toEqual([]);
    vi.advanceTimersByTime(1);
    reconnection.wait();
    vi.advanceTimersByTime(199);
    expect(retries).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(retries).toEqual([1, 2]);
  });

  test("retries at once when the network is back, and only once", () => {
    const { reconnection, retries } = setUp();
    reconnection.wait();
    page.dispatchEvent(new Event("online"));
    page.dispatchEvent(new Event("online"));
    vi.runAllTimers();
    expect(retries).toEqual([1]);
  });

  test("hears nothing of the network when it is not waiting", () => {
    const { reconnection, retries } = setUp();
    page.dispatchEvent(new Event("online"));
    reconnection.wait();
    reconnection.stop();
    page.dispatchEvent(new Event("online"));
    vi.runAllTimers();
    expect([retries, vi.getTimerCount()]).toEqual([[], 0]);
  });

  test("counts its waits until it is reset", () => {
    const { reconnection } = setUp();
    expect(reconnection.attempts).toBe(0);
    for (let i = 0; i < 2; i++) {
      reconnection.wait();
      vi.runAllTimers();
    }
    expect(reconnection.attempts).toBe(2);
    reconnection.reset();
    expect(reconnection.attempts).toBe(0);
  });

  test("does without such events where there are none", () => {
    delete scope.addEventListener;
    delete scope.removeEventListener;
    const { reconnection, retries } = setUp();
    reconnection.wait();
    vi.runAllTimers();
    expect(retries).toEqual([1]);
  });
});
