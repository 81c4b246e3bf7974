import { describe, expect, test } from "vitest";
import { isEqual } from "./equal-options.js";

class Transport {
  readonly name = "polling";
}
const auth = (): void => undefined;

describe("options are equal", () => {
  test.each([
    ["by value", { path: "/x", query: { a: "1" } }, { query: { a: "1" }, path: "/x" }],
    ["in lists", { transports: ["polling", Transport] }, { transports: ["polling", Transport] }],
    ["with a key that is undefined in one of them", { path: undefined }, {}],
    ["with the same function", { auth }, { auth }],
    ["without a prototype", Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ["as NaN is", { timeout: NaN }, { timeout: NaN }],
  ])("%s", (_how, one, other) => {
    expect([isEqual(one, other), isEqual(other, one)]).toEqual([true, true]);
  });
});

describe("options are not equal", () => {
  test.each([
    ["with another value", { path: "/x" }, { path: "/y" }],
    ["with one key more", { path: "/x" }, { path: "/x", retries: 1 }],
    ["in another order of a list", { transports: ["polling", "websocket"] }, { transports: ["websocket", "polling"] }],
    ["with a list that is longer", { transports: ["polling"] }, { transports: ["polling", "websocket"] }],
    ["with a list in the place of an object", { query: [] }, { query: {} }],
    ["with functions of the same text", { auth: () => undefined }, { auth: () => undefined }],
    ["with two instances of a class", { agent: new Transport() }, { agent: new Transport() }],
    ["deep down", { auth: { user: { name: "ada" } } }, { auth: { user: { name: "bo" } } }],
    ["with null", { query: null }, { query: {} }],
  ])("%s", (_how, one, other) => {
    expect([isEqual(one, other), isEqual(other, one)]).toEqual([false, false]);
  });
});
