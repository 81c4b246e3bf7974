import { describe, expect, it, vi } from "vitest";
import { Emitter } from "./emitter.js";

// Any event, any listener: what the types allow is tested by the compiler.
class TestEmitter extends Emitter<
  Record<string, (...args: never[]) => void>,
  Record<string, (...args: unknown[]) => void>
> {
  dispatch(event: string, ...args: unknown[]): void {
    (this.emitReserved as (...event: unknown[]) => void).call(this, event, ...args);
  }
}

class Clock extends Emitter<{ [Event in never]: never }, { [Event in never]: never }, { tick: (n: number) => void }> {
  tick(n: number): void {
    this.emitReserved("tick", n);
  }
}

describe("an emitter", () => {
  it("calls listeners in the order they were added, with the emitter as this", () => {
    const emitter = new TestEmitter();
    const seen: unknown[] = [];
    emitter.on("x", function (this: unknown, ...args: unknown[]) {
      seen.push(this === emitter, ...args);
    });
    emitter.addEventListener("x", () => seen.push("second"));
    expect(emitter.emit("x", 1, 2)).toBe(emitter);
    expect(seen).toEqual([true, 1, 2, "second"]);
  });

  it("calls a once listener once, even if it emits the event again", () => {
    const emitter = new TestEmitter();
    const listener = vi.fn(() => void emitter.emit("x"));
    emitter.once("x", listener).emit("x").emit("x");
    expect(listener).toHaveBeenCalledOnce();
    expect(emitter.hasListeners("x")).toBe(false);
  });

  it("removes a listener as often as it is told to, the first of its kind first", () => {
    const emitter = new TestEmitter();
    const twice = vi.fn();
    const other = vi.fn();
    emitter.on("x", twice).on("x", other).on("x", twice).off("x", vi.fn()).off("x", twice);
    expect(emitter.listeners("x")).toEqual([other, twice]);
    emitter.off("x", twice).off("x", twice);
    expect(emitter.listeners("x")).toEqual([other]);
  });

  it("removes one listener, those of an event, or all", () => {
    const emitter = new TestEmitter();
    const first = vi.fn();
    const second = vi.fn();
    const fill = (): void => {
      emitter.off().on("x", first).once("x", second).on("y", first);
    };
    fill();
    emitter.off("x", first);
    expect(emitter.listeners("x")).toEqual([second]);
    emitter.removeListener("x", second);
    expect(emitter.listeners("x")).toEqual([]);
    expect(emitter.hasListeners("y")).toBe(true);
    for (const method of ["off", "removeListener", "removeAllListeners", "removeEventListener"] as const) {
      fill();
      emitter[method]("x");
      expect([emitter.hasListeners("x"), emitter.hasListeners("y")]).toEqual([false, true]);
      emitter[method]();
      expect(emitter.hasListeners("y")).toBe(false);
    }
  });

  it("does not let a dispatch be changed by what its listeners add and remove", () => {
    const emitter = new TestEmitter();
    const seen: string[] = [];
    const second = (): void => void seen.push("second");
    emitter.on("x", () => {
      seen.push("first");
      emitter.off("x", second).on("x", () => seen.push("third"));
    });
    emitter.on("x", second).emit("x");
    expect(seen).toEqual(["first", "second"]);
  });

  it("treats names of object members as any other", () => {
    const emitter = new TestEmitter();
    for (const name of ["__proto__", "constructor", "toString"]) {
      emitter.emit(name).off(name);
      expect(emitter.listeners(name)).toEqual([]);
      const listener = vi.fn();
      emitter.on(name, listener).emit(name, 1);
      expect(listener).toHaveBeenCalledExactlyOnceWith(1);
    }
  });

  it("lets what a listener throws reach the caller of emit", () => {
    const emitter = new TestEmitter().on("x", () => {
      throw new Error("mine");
    });
    expect(() => emitter.emit("x")).toThrow("mine");
  });

  it("rethrows later what a listener of an event of the library throws", () => {
    vi.useFakeTimers();
    const clock = new Clock().on("tick", () => {
      throw new Error("mine");
    });
    clock.tick(1);
    expect(() => vi.runAllTimers()).toThrow("mine");
    const emitter = new TestEmitter().on("x", () => {
      throw new Error("mine too");
    });
    emitter.dispatch("x", 1);
    expect(() => vi.runAllTimers()).toThrow("mine too");
    vi.useRealTimers();
  });

  it("passes the arguments of reserved and untyped events", () => {
    const onTick = vi.fn();
    new Clock().on("tick", onTick).tick(7);
    expect(onTick).toHaveBeenCalledExactlyOnceWith(7);
    const listener = vi.fn();
    new TestEmitter().on("x", listener).dispatch("x", 1, 2);
    expect(listener).toHaveBeenCalledExactlyOnceWith(1, 2);
  });
});
