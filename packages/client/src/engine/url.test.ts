import { describe, expect, it } from "vitest";
import { formatQuery, parse, parseQuery, splitUri } from "./url.js";

describe("splitUri", () => {
  it.each([
    ["http://example.org", { protocol: "http", host: "example.org", port: "" }],
    [
      "WSS://example.org:81/a/b?c=d#e",
      { protocol: "wss", host: "example.org", port: "81", path: "/a/b", query: "c=d", anchor: "e" },
    ],
    ["http://[::1]", { host: "::1", port: "" }],
    ["https://[2001:db8::7]:8443/x", { protocol: "https", host: "2001:db8::7", port: "8443", path: "/x" }],
    ["ws://foo:bar@host/", { userInfo: "foo:bar", host: "host", path: "/" }],
    ["localhost:3000/x", { protocol: "", host: "localhost", port: "3000", path: "/x" }],
    ["localhost", { protocol: "", host: "localhost", path: "" }],
    ["//host:1/x", { protocol: "", host: "host", port: "1", path: "/x" }],
    ["/only/path?bar=@example.com", { host: "", path: "/only/path", query: "bar=@example.com" }],
    ["http://a?b=1?2#c#d", { host: "a", query: "b=1?2", anchor: "c#d" }],
    ["", { protocol: "", host: "", port: "", path: "" }],
  ])("takes %s apart", (uri, parts) => {
    expect(parse(uri)).toMatchObject(parts);
    expect(parse(uri)).toMatchObject(splitUri(uri));
  });

  it("refuses an address of absurd length, and is quick with a long one", () => {
    expect(() => splitUri(`http://${"a".repeat(8000)}`)).toThrow("URI too long");
    const started = performance.now();
    for (const filler of [":", "@", "/", "[", "a:", "?", "#", "/a.", "//"])
      splitUri(filler.repeat(8000 / filler.length));
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe("parse", () => {
  it("gives the parts under the names that users know", () => {
    expect(parse("http://u:p@[::1]:80/foo//bar/file.txt?a=b&c=d=e#f")).toEqual({
      source: "http://u:p@[::1]:80/foo//bar/file.txt?a=b&c=d=e#f",
      protocol: "http",
      authority: "u:p@::1:80",
      userInfo: "u:p",
      user: "u",
      password: "p",
      host: "::1",
      port: "80",
      relative: "/foo//bar/file.txt?a=b&c=d=e#f",
      path: "/foo//bar/file.txt",
      directory: "/foo//bar/",
      file: "file.txt",
      query: "a=b&c=d=e",
      anchor: "f",
      pathNames: ["foo", "bar", "file.txt"],
      queryKey: { a: "b", c: "d=e" },
      ipv6uri: true,
    });
    expect(parse("/foo/bar/")).toMatchObject({
      directory: "/foo/bar/",
      file: "",
      pathNames: ["foo", "bar"],
      user: "",
      password: "",
    });
    expect(parse("http://host")).not.toHaveProperty("ipv6uri");
  });
});

describe("queries", () => {
  it("are read from text: only the first = separates, odd escapes stay", () => {
    expect({ ...parseQuery("a=1&b=x%20y&c&d=%&&e==&%41=f") }).toEqual({
      a: "1",
      b: "x y",
      c: "",
      d: "%",
      e: "=",
      A: "f",
    });
  });

  it("are read from objects: values become text, undefined and null are left out", () => {
    expect({ ...parseQuery({ a: 1, b: true, c: undefined, d: null, e: ["x", "y"] }) }).toEqual({
      a: "1",
      b: "true",
      e: "x,y",
    });
  });

  it("are read into one that is there", () => {
    expect({ ...parseQuery("a=2", parseQuery({ a: "1", b: "1" })) }).toEqual({ a: "2", b: "1" });
    expect({ ...parseQuery() }).toEqual({});
  });

  it("may hold keys that objects have", () => {
    const query = parseQuery("__proto__=x&constructor=y");
    expect(Object.keys(query)).toEqual(["__proto__", "constructor"]);
    expect(formatQuery(query)).toBe("__proto__=x&constructor=y");
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("are escaped when written", () => {
    expect(formatQuery(parseQuery({ "a&": "=é", EIO: 4 }))).toBe("a%26=%3D%C3%A9&EIO=4");
  });
});
