import { afterEach, describe, expect, test, vi } from "vitest";
import { Backoff } from "./backoff.js";

afterEach(() => void vi.restoreAllMocks());

const draw = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.next());

describe("Backoff", () => {
  test("doubles up to the cap when there is no jitter", () => {
    expect(
      draw(new Backoff({ reconnectionDelay: 100, reconnectionDelayMax: 1000, randomizationFactor: 0 }), 6),
    ).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test("starts over after reset", () => {
    const backoff = new Backoff({ reconnectionDelay: 100, reconnectionDelayMax: 1000, randomizationFactor: 0 });
    draw(backoff, 3);
    expect(backoff.attempts).toBe(3);
    backoff.reset();
    expect([backoff.attempts, backoff.next()]).toEqual([0, 100]);
  });

  test("moves each delay up or down by the jitter, and never over the cap", () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    const backoff = new Backoff({ reconnectionDelay: 100, reconnectionDelayMax: 300, randomizationFactor: 0.5 });
    expect(draw(backoff, 3)).toEqual([50, 100, 150]);
    backoff.reset();
    random.mockReturnValue(0.9999999);
    expect(draw(backoff, 3)).toEqual([149, 299, 300]);
  });

  test("still spreads clients that have reached the cap, however long they have tried", () => {
    const backoff = new Backoff({ reconnectionDelay: 1000, reconnectionDelayMax: 5000, randomizationFactor: 0.5 });
    backoff.attempts = 5000;
    const delays = draw(backoff, 200);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2500);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5000);
    expect(new Set(delays).size).toBeGreaterThan(50);
  });
});
