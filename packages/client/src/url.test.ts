import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseAddress } from "./url.js";

const place = vi.hoisted(() => ({
  page: undefined as { protocol: string; hostname: string; port: string } | undefined,
}));
// The page is the browser's; here it is what a test says.
vi.mock("#platform", async (original) => ({ ...(await original<object>()), pageLocation: () => place.page }));

beforeEach(() => {
  place.page = undefined;
});

describe("parseAddress", () => {
  test.each([
    ["http://localhost", "http://localhost:80", "/", ""],
    ["https://localhost", "https://localhost:443", "/", ""],
    ["ws://example.com:81/chat", "ws://example.com:81", "/chat", ""],
    ["wss://example.com/", "wss://example.com:443", "/", ""],
    ["ws://example.com", "ws://example.com:80", "/", ""],
    ["HTTP://Example.com/a/b/", "http://Example.com:80", "/a/b/", ""],
    ["http://[::1]/x", "http://[::1]:80", "/x", ""],
    ["http://[fe80::1]:3000", "http://[fe80::1]:3000", "/", ""],
    ["http://host/a?b=c&d=/e", "http://host:80", "/a", "b=c&d=/e"],
    ["http://host?b=c#d", "http://host:80", "/", "b=c"],
    ["localhost:3000/foo", "https://localhost:3000", "/foo", ""],
    ["//localhost", "https://localhost:443", "/", ""],
  ])("splits %s", (text, server, namespace, query) => {
    expect(parseAddress(text)).toMatchObject({ server, namespace, query });
  });

  test.each([
    ["", "http://woot.com:3000", "/"],
    ["/test", "http://woot.com:3000", "/test"],
    ["/?a=b", "http://woot.com:3000", "/"],
    ["/a:b@c", "http://woot.com:3000", "/a:b@c"],
    ["[::1]/x", "http://[::1]:80", "/x"],
    ["//other:99", "http://other:99", "/"],
    ["//other", "http://other:80", "/"],
    ["other:99/x", "http://other:99", "/x"],
    ["https://secure", "https://secure:443", "/"],
  ])("fills the gaps of %j from the page", (text, server, namespace) => {
    place.page = { protocol: "http:", hostname: "woot.com", port: "3000" };
    expect(parseAddress(text)).toMatchObject({ server, namespace });
  });

  test("takes the default port of the page's scheme", () => {
    place.page = { protocol: "https:", hostname: "[::1]", port: "" };
    expect(parseAddress("/x")).toMatchObject({ server: "https://[::1]:443", namespace: "/x" });
  });

  test.each([
    ["", "/"],
    ["/chat", "/chat"],
  ])("gives %j a name that no server can have where there is no page", (text, namespace) => {
    expect(parseAddress(text)).toMatchObject({ server: "https://server-not-named.invalid:443", namespace });
  });
});
