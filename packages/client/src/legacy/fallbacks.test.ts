// What stands for what ES5 lacks gives the answers of the real thing, as far as the client asks.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64Size, fromBase64, isBase64, toBase64 } from "./base64.js";
import { __Error, __assign, __extends, __findIndex, __spreadArray } from "./es5-helpers.js";
import { LegacyMap } from "./map.js";
import { MAX_SAFE_INTEGER, isFiniteNumber, isSafeInteger } from "./number.js";
import { LegacySet } from "./set.js";

describe("a map", () => {
  const key = fc.oneof(fc.constantFrom("__proto__", "constructor", "toString", "", "1", "10", "9"), fc.string());
  const command = fc.tuple(fc.constantFrom("set", "delete", "get", "has"), key, fc.nat());

  test("of texts does what Map does", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const [real, ours] = [new Map<string, number>(), new LegacyMap<string, number>()];
        for (const [name, at, value] of commands) {
          const results = [real, ours].map((map) =>
            name === "set" ? map.set(at, value) === map : map[name as "get"](at),
          );
          expect(results[1]).toEqual(results[0]);
          expect(ours.keys()).toEqual([...real.keys()]);
          expect(ours.values()).toEqual([...real.values()]);
        }
      }),
    );
  });

  test("of numbers keeps them numbers, in the order in which they came", () => {
    const ours = new LegacyMap<number, string>();
    ours.set(7, "a").set(0, "b").set(3, "c").set(7, "d");
    expect(ours.keys()).toEqual([7, 0, 3]);
    expect(ours.values()).toEqual(["d", "b", "c"]);
    expect(ours.get(1)).toBeUndefined();
  });
});

test("a set has what it was made of", () => {
  const items = ["connect", "disconnect"];
  const [real, ours] = [new Set(items), new LegacySet(items)];
  items.push("later");
  for (const item of ["connect", "disconnect", "later", "__proto__", ""]) expect(ours.has(item)).toBe(real.has(item));
});

test("numbers are told apart as by Number", () => {
  const values = [
    0,
    -0,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 53,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    -(2 ** 53),
    "1",
    null,
    [2],
  ];
  expect(values.map(isFiniteNumber)).toEqual(values.map(Number.isFinite));
  expect(values.map(isSafeInteger)).toEqual(values.map(Number.isSafeInteger));
  expect(MAX_SAFE_INTEGER).toBe(Number.MAX_SAFE_INTEGER);
});

describe("base64", () => {
  test("of any bytes is what Node makes of them, and comes back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(toBase64(bytes)).toBe(text);
        expect([base64Size(text), isBase64(text)]).toEqual([bytes.length, true]);
        expect(fromBase64(text)).toEqual(Uint8Array.from(bytes));
        expect(fromBase64(text.replace(/=/g, ""))).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  test.each(["A", "AAAAA", "AA=A", "=", "A===", "AA_-", "AA AA", "AAAA\n", "é"])("%j is none", (text) => {
    expect(isBase64(text)).toBe(text === "=");
  });
});

describe("the functions that lowered syntax calls", () => {
  test("assign as Object.assign does", () => {
    class Base {
      own = 1;
    }
    Object.defineProperty(Base.prototype, "inherited", { value: 1, enumerable: true });
    const sources = [{ a: 1, b: 2 }, null, undefined, { b: 3 }, new Base(), ["x"], "yz"] as object[];
    expect(__assign({ z: 0 }, ...sources)).toEqual(Object.assign({ z: 0 }, ...sources));
    const target = {};
    expect(__assign(target, { a: 1 })).toBe(target);
  });

  test("spread lists, and what has a length", () => {
    const args = { 0: 3, 1: [4], length: 2 };
    expect(__spreadArray([1, [2]], args)).toEqual([1, [2], 3, [4]]);
  });

  test("find an index as a list does", () => {
    const list = [1, 5, 7, 5];
    for (const wanted of [5, 7, 9]) {
      const isIt = (item: number): boolean => item === wanted;
      expect(__findIndex(list, isIt)).toBe(list.findIndex(isIt));
    }
  });

  test("inherit members, accessors included", () => {
    function Base(): void {
      // A class of ES5.
    }
    Object.defineProperty(Base.prototype, "name", { get: () => "base", configurable: true });
    function Derived(): void {
      // Another.
    }
    __extends(Derived as never, Base as never);
    const instance = new (Derived as unknown as new () => { name: string; constructor: unknown })();
    expect([instance.name, instance instanceof Base, instance.constructor]).toEqual(["base", true, Derived]);
    expect(Object.keys(instance)).toEqual([]);
    const inLoop: string[] = [];
    for (const key in instance) inLoop.push(key);
    expect(inLoop).toEqual([]);
  });
});

describe("a class of ES5 that extends Error", () => {
  interface Made extends Error {
    code: string;
  }
  // As the compiler writes it.
  function CodeError(this: Made, code: string, options?: { cause?: unknown }): Made {
    const made = (__Error.call(this, "what happened", options) as Made | undefined) ?? this;
    made.code = code;
    return made;
  }
  __extends(CodeError as never, __Error as never);
  const make = (options?: { cause?: unknown }): Made =>
    new (CodeError as unknown as new (...args: unknown[]) => Made)("ERR_X", options);

  test("is an Error, with its code, message, stack and cause", () => {
    const error = make({ cause: 5 });
    expect([error instanceof Error, error instanceof CodeError, error.code]).toEqual([true, true, "ERR_X"]);
    expect([error.message, error.cause, String(error)]).toEqual(["what happened", 5, "Error: what happened"]);
    expect(error.stack).toContain("fallbacks.test");
    expect(Object.prototype.toString.call(error)).toBe("[object Error]");
    expect(JSON.stringify(error)).toBe('{"code":"ERR_X"}');
    expect("cause" in make()).toBe(false);
  });

  test("is one too where a prototype can't be changed", () => {
    const descriptor = Object.getOwnPropertyDescriptor(Object.prototype, "__proto__") as PropertyDescriptor;
    try {
      delete (Object.prototype as { __proto__?: unknown }).__proto__;
      const error = make({ cause: 5 });
      expect([error instanceof Error, error instanceof CodeError]).toEqual([true, true]);
      expect([error.code, error.message, error.cause]).toEqual(["ERR_X", "what happened", 5]);
    } finally {
      Object.defineProperty(Object.prototype, "__proto__", descriptor);
    }
  });
});
