/** Which timer functions a Manager waits with, when a test framework has replaced the global ones. */
import { afterEach, expect, test, vi } from "vitest";
import { Manager } from "./manager.js";

afterEach(() => {
  vi.useRealTimers();
});

async function attempt(useNativeTimers: boolean): Promise<boolean> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const manager = new Manager("http://127.0.0.1:1", { reconnectionDelay: 5, useNativeTimers });
  const tried = vi.fn();
  manager.on("reconnect_attempt", tried);
  await new Promise<void>((resolve) => manager.once("error", () => resolve()));
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve, 60));
  manager.disconnect();
  return tried.mock.calls.length > 0;
}

test("a Manager waits with the native timers when asked to, else with the global ones", async () => {
  expect(await attempt(true)).toBe(true);
  expect(await attempt(false)).toBe(false);
});
