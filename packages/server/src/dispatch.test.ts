import { describe, expect, it } from "vitest";
import { dispatchLater } from "./dispatch.js";

const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

describe("dispatchLater", () => {
  it("hands items on in a later tick, in order, those that come meanwhile behind them", async () => {
    const seen: unknown[] = [];
    const target = {
      onDispatch(item: unknown): void {
        seen.push(item);
        if (item === 1) dispatchLater(target, 3);
      },
    };
    dispatchLater(target, 1);
    dispatchLater(target, 2);
    expect(seen).toEqual([]);
    await tick();
    expect(seen).toEqual([1, 2, 3]);
  });

  it("goes on behind a target that throws", async () => {
    const seen: unknown[] = [];
    const caught = new Promise((resolve) => {
      const others = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.once("uncaughtException", (error) => {
        for (const other of others) process.on("uncaughtException", other);
        resolve(error);
      });
    });
    const target = {
      onDispatch(item: unknown): void {
        if (item === "bad") throw new Error("a fault of ours");
        seen.push(item);
      },
    };
    for (const item of [1, "bad", 2]) dispatchLater(target, item);
    expect(await caught).toMatchObject({ message: "a fault of ours" });
    await tick();
    expect(seen).toEqual([1, 2]);
    dispatchLater(target, 4);
    await tick();
    expect(seen).toEqual([1, 2, 4]);
  });
});
