import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { installTimerFunctions } from "./engine/timers.js";
import { Reconnection } from "./reconnection.js";

// Node's own hears of no page.
vi.mock("#platform", () => import("./engine/platform.js"));

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
    expect(retries).toEqual([1]);
    page.dispatchEvent(new Event("online"));
    vi.runAllTimers();
    expect(retries).toEqual([1]);
  });

  test.each(["pageshow", "visibilitychange"])(
    "retries at once when the page is back (%s), but not when it goes",
    (name) => {
      const { reconnection, retries } = setUp();
      const document = { hidden: true };
      vi.stubGlobal("document", document);
      reconnection.wait();
      page.dispatchEvent(new Event(name));
      expect(retries).toEqual([]);
      document.hidden = false;
      page.dispatchEvent(new Event(name));
      page.dispatchEvent(new Event(name));
      vi.runAllTimers();
      expect(retries).toEqual([1]);
      vi.unstubAllGlobals();
    },
  );

  test("retries at once when the network is back although the page is hidden", () => {
    const { reconnection, retries } = setUp();
    vi.stubGlobal("document", { hidden: true });
    reconnection.wait();
    page.dispatchEvent(new Event("online"));
    expect(retries).toEqual([1]);
    vi.unstubAllGlobals();
  });

  test("does not wait for what was slept through", () => {
    const { reconnection, retries } = setUp();
    reconnection.wait(60);
    vi.advanceTimersByTime(39);
    expect(retries).toEqual([]);
    vi.advanceTimersByTime(1);
    reconnection.wait(3_600_000);
    vi.advanceTimersByTime(0);
    expect(retries).toEqual([1, 2]);
    reconnection.wait(-1_000);
    vi.advanceTimersByTime(399);
    expect(retries).toEqual([1, 2]);
    vi.advanceTimersByTime(1);
    expect(retries).toEqual([1, 2, 3]);
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
