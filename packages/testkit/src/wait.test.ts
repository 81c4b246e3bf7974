import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Inbox } from "./inbox.js";
import { collect, deferred, once, until, waitFor, within } from "./wait.js";

test("once gives the arguments of the next event and leaves no listener", async () => {
  const emitter = new EventEmitter();
  const seen = once<[number, string]>(emitter, "x");
  emitter.emit("x", 1, "one");
  expect(await seen).toEqual([1, "one"]);
  expect(emitter.listenerCount("x")).toBe(0);
});

test("waitFor passes by what does not satisfy it, and rejects when the predicate throws", async () => {
  const emitter = new EventEmitter();
  const seen = waitFor<[number]>(emitter, "x", (value) => value > 2);
  for (const value of [1, 2, 3]) emitter.emit("x", value);
  expect(await seen).toEqual([3]);
  const failed = waitFor(emitter, "x", () => {
    throw new Error("no");
  });
  emitter.emit("x");
  await expect(failed).rejects.toThrow("no");
  expect(emitter.listenerCount("x")).toBe(0);
});

test("collect keeps the order", async () => {
  const emitter = new EventEmitter();
  const seen = collect<[number]>(emitter, "x", 3);
  for (const value of [1, 2, 3, 4]) emitter.emit("x", value);
  expect(await seen).toEqual([[1], [2], [3]]);
});

test("a wait that is in vain fails with what it waited for", async () => {
  const emitter = new EventEmitter();
  await expect(once(emitter, "x", { timeoutMs: 5 })).rejects.toThrow('failed to see the event "x"');
  await expect(until(() => false, "the impossible", { timeoutMs: 5 })).rejects.toThrow("the impossible");
  await expect(within(deferred().promise, "nothing", { timeoutMs: 5 })).rejects.toThrow("nothing");
  expect(emitter.listenerCount("x")).toBe(0);
});

test("an inbox gives what came before and what comes later, in order", async () => {
  const inbox = new Inbox<number>("a number");
  inbox.push(1);
  inbox.push(2);
  const later = inbox.take(3);
  inbox.push(3);
  expect(await later).toEqual([1, 2, 3]);
  const found = inbox.find((value) => value > 5);
  for (const value of [4, 5, 6, 7]) inbox.push(value);
  expect(await found).toBe(6);
  expect(inbox.pending).toEqual([7]);
});

test("an ended inbox still gives what it has, then fails its readers", async () => {
  const inbox = new Inbox<number>("a number");
  inbox.push(1);
  inbox.end(new Error("over"));
  expect(await inbox.next()).toBe(1);
  await expect(inbox.next()).rejects.toThrow("over");
  const other = new Inbox<number>("a number");
  const waiting = other.next();
  other.end(new Error("over"));
  await expect(waiting).rejects.toThrow("over");
});

test("an inbox has one reader at a time", async () => {
  const inbox = new Inbox<number>("a number");
  const first = inbox.next();
  await expect(inbox.next()).rejects.toThrow("somebody is reading already");
  inbox.push(1);
  expect(await first).toBe(1);
});
