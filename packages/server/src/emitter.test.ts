import { EventEmitter, once } from "node:events";
import { describe, expect, test } from "vitest";
import { LazyEmitter } from "./emitter.js";

class Example extends LazyEmitter {
  readonly value = 1;
}

describe("LazyEmitter", () => {
  test("has no field of its own until there is a listener", () => {
    const example = new Example();
    expect(Reflect.ownKeys(example)).toEqual(["value"]);
    expect(example.emit("anything")).toBe(false);
    expect(example.listenerCount("anything")).toBe(0);
    expect(Reflect.ownKeys(example)).toEqual(["value"]);
  });

  test("is an EventEmitter, each with listeners of its own", () => {
    const [first, second] = [new Example(), new Example()];
    const heard: unknown[] = [];
    first.on("event", (value) => heard.push(value));
    expect(first).toBeInstanceOf(EventEmitter);
    expect(first.emit("event", 1)).toBe(true);
    expect(second.emit("event", 2)).toBe(false);
    expect(heard).toEqual([1]);
    expect(second.eventNames()).toEqual([]);
  });

  test("keeps Node's semantics of once, newListener, removal and order", async () => {
    const example = new Example();
    const added: unknown[] = [];
    example.on("newListener", (name) => added.push(name));
    const order: number[] = [];
    const second = (): void => void order.push(2);
    example.on("event", second);
    example.prependListener("event", () => order.push(1));
    example.once("event", () => order.push(3));
    example.emit("event");
    example.off("event", second);
    example.emit("event");
    expect(order).toEqual([1, 2, 3, 1]);
    expect(added).toEqual(["event", "event", "event"]);
    const awaited = once(example, "later");
    example.emit("later", "value");
    expect(await awaited).toEqual(["value"]);
  });

  test("throws an error event that nobody listens to", () => {
    expect(() => new Example().emit("error", new Error("unheard"))).toThrow("unheard");
  });

  test("allows removal before anything was added", () => {
    const example = new Example();
    example
      .off("event", () => undefined)
      .removeAllListeners("event")
      .removeAllListeners();
    expect(example.rawListeners("event")).toEqual([]);
    expect(example.getMaxListeners()).toBe(EventEmitter.defaultMaxListeners);
  });
});
