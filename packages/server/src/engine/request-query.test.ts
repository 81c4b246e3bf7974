import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { parse } from "node:querystring";
import { assert, constantFrom, property, string } from "fast-check";
import { expect, test } from "vitest";
import { parseRequestQuery, queryOf } from "./request-query.js";

function requestOf(url: string | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (url !== undefined) request.url = url;
  return request;
}

test("the query is on the request as _query", () => {
  const request = parseRequestQuery(requestOf("/engine.io/?EIO=4&transport=polling&a=1&a=2&b=%C3%A9"));
  expect({ ...request._query }).toEqual({ EIO: "4", transport: "polling", a: "2", b: "é" });
  expect(queryOf(request)).toBe(request._query);
});

test("it is parsed once", () => {
  const request = parseRequestQuery(requestOf("/?a=1"));
  const query = request._query;
  request.url = "/?a=2";
  expect(parseRequestQuery(request)._query).toBe(query);
});

test("S27 names of Object.prototype are names like any other", () => {
  const { _query } = parseRequestQuery(requestOf("/?__proto__=x&constructor=y"));
  expect(Object.getPrototypeOf(_query)).toBe(null);
  expect(_query["__proto__"]).toBe("x");
  expect(_query["constructor"]).toBe("y");
  expect(_query["toString"]).toBeUndefined();
});

test.each(["/engine.io/", "", "/?", undefined, "/?%"])("%s is no error", (url) => {
  expect(parseRequestQuery(requestOf(url))._query["sid"]).toBeUndefined();
});

test("any query is read as Node's own parser reads it, but for the last of equal names", () => {
  const anyQuery = string({ unit: constantFrom("a", "b", "=", "&", "+", "%", "4", "%41", "é") });
  assert(
    property(anyQuery, (text) => {
      const expected = Object.entries(parse(text)).map(([name, value]) => [name, [value].flat().at(-1)]);
      expect(Object.entries(parseRequestQuery(requestOf(`/?${text}`))._query)).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("a query has a thousand parameters at most, escaped or not", () => {
  for (const value of ["1", "%31"]) {
    const text = Array.from({ length: 1_100 }, (_, index) => `p${index}=${value}`).join("&");
    expect(Object.keys(parseRequestQuery(requestOf(`/?${text}`))._query)).toHaveLength(1_000);
  }
});
