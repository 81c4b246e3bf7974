// Which timer functions a Manager waits with, when a test framework has replaced the global ones.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import "./engine/register-every.js";
import { Manager } from "./manager.js";

let manager: Manager;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  manager.disconnect();
  vi.useRealTimers();
});

/** Waits to reconnect; the clock of the test stands still. */
async function waiting(useNativeTimers: boolean): Promise<Promise<void>[]> {
  manager = new Manager("http://127.0.0.1:1", { reconnectionDelay: 5, useNativeTimers });
  const tried = new Promise<void>((resolve) => manager.once("reconnect_attempt", () => resolve()));
  await new Promise<void>((resolve) => manager.once("error", () => resolve()));
  return [tried];
}

test("a Manager waits with the native timers when asked to", async () => {
  const [tried] = await waiting(true);
  expect(vi.getTimerCount()).toBe(0);
  await tried;
});

test("a Manager waits with the global timers unless asked not to", async () => {
  const [tried] = await waiting(false);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(10);
  await tried;
});
