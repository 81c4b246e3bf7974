// The small promise settles as a native one does, and goes on with one.
import { describe, expect, test } from "vitest";
import { AnyPromise, LegacyPromise } from "./promise.js";

type Run = (make: typeof Promise) => Promise<unknown>;

const fail = (what: unknown): never => {
  throw what;
};

/** Each gives a promise, made by the class that it gets. */
const CASES: Record<string, Run> = {
  "a value": (P) => new P((resolve) => resolve(1)),
  "a value, later": (P) => new P((resolve) => setTimeout(() => resolve(1), 1)),
  "a rejection": (P) => new P((_resolve, reject) => reject("no")),
  "what the function throws": (P) => new P(() => fail("thrown")),
  "the first word": (P) =>
    new P((resolve, reject) => {
      resolve(1);
      reject("no");
      resolve(2);
      fail("thrown");
    }),
  "a chain": (P) => new P<number>((resolve) => resolve(1)).then((value) => value + 1).then((value) => [value]),
  "a handler that throws": (P) => new P((resolve) => resolve(1)).then(() => fail("thrown")),
  "a rejection that is handled": (P) =>
    new P((_resolve, reject) => reject("no")).then(() => 1).catch((why: unknown) => ["handled", why]),
  "a rejection that is passed on": (P) => new P((_resolve, reject) => reject("no")).then(() => 1, null),
  "a value that is passed on": (P) => new P((resolve) => resolve(1)).catch(() => 2).then(undefined),
  "a promise in a promise": (P) => new P((resolve) => resolve(new P((again) => again(3)))),
  "a native promise": (P) => new P((resolve) => resolve(Promise.reject(new Error("native")))),
  "a handler that gives a promise": (P) =>
    new P((resolve) => resolve(1)).then(() => new P((_resolve, reject) => reject("inner"))),
  "an object whose then throws": (P) => new P((resolve) => resolve({ then: () => fail("then") })),
  "an object whose then throws too late": (P) =>
    new P((resolve) =>
      resolve({
        then: (done: (value: number) => void) => {
          done(4);
          fail("then");
        },
      }),
    ),
  "a then that can't be read": (P) =>
    new P((resolve) => resolve(Object.defineProperty({}, "then", { get: () => fail("read") }))),
  "a then that is no function": (P) => new P((resolve) => resolve({ then: 5 })),
  "a function": (P) => new P((resolve) => resolve(fail)),
};

const outcome = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    return ["resolved", await promise];
  } catch (error) {
    return ["rejected", error];
  }
};

describe("a promise of", () => {
  test.each(Object.entries(CASES))("%s", async (_name, run) => {
    expect(await outcome(run(LegacyPromise as unknown as typeof Promise))).toEqual(await outcome(run(Promise)));
  });
});

test("handlers run in the order in which they were given, not in the turn that settles", async () => {
  const order: string[] = [];
  await new Promise<void>((done) => {
    const promise = new LegacyPromise((resolve) => resolve());
    promise.then(() => order.push("first"));
    promise.then(() => order.push("second")).then(() => done());
    order.push("turn");
  });
  expect(order).toEqual(["turn", "first", "second"]);
});

test("a promise that waits for itself is rejected", async () => {
  let settle: (value: unknown) => void = () => undefined;
  const promise = new LegacyPromise((resolve) => (settle = resolve));
  settle(promise);
  expect(await outcome(promise as unknown as Promise<unknown>)).toEqual(["rejected", expect.any(TypeError)]);
});

test("the page's own promise is used where there is one", () => {
  expect(AnyPromise).toBe(Promise);
});
