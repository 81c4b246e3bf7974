import { afterEach, describe, expect, test, vi } from "vitest";
import { backoff, type BackoffSettings } from "./backoff.js";

afterEach(() => void vi.restoreAllMocks());

const draw = (settings: BackoffSettings, count: number, first = 0): number[] =>
  Array.from({ length: count }, (_, index) => backoff(settings, first + index));

describe("backoff", () => {
  test("doubles up to the cap when there is no jitter", () => {
    const settings = { reconnectionDelay: 100, reconnectionDelayMax: 1000, randomizationFactor: 0 };
    expect(draw(settings, 6)).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test("moves each delay up or down by the jitter, and never over the cap", () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const settings = { reconnectionDelay: 100, reconnectionDelayMax: 300, randomizationFactor: 0.5 };
    expect(draw(settings, 3)).toEqual([50, 100, 150]);
    random.mockReturnValue(0.9999999);
    expect(draw(settings, 3)).toEqual([149, 299, 300]);
  });

  test("still spreads clients that have reached the cap, however long they have tried", () => {
    const settings = { reconnectionDelay: 1000, reconnectionDelayMax: 5000, randomizationFactor: 0.5 };
    const delays = draw(settings, 200, 5000);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2500);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5000);
    expect(new Set(delays).size).toBeGreaterThan(50);
  });
});
