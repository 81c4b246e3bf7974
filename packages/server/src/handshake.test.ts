import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { buildHandshake } from "./handshake.js";

const request = (fields: object): IncomingMessage =>
  ({ headers: {}, socket: {}, ...fields }) as unknown as IncomingMessage;

describe("a handshake", () => {
  it("reads the query of the URL where the engine has not", () => {
    const made = buildHandshake(
      { request: request({ url: "/x/?a=1&b=%20&__proto__=2" }), remoteAddress: "::1" },
      {},
      0,
    );
    expect(Object.entries(made.query)).toEqual([
      ["a", "1"],
      ["b", " "],
      ["__proto__", "2"],
    ]);
    expect(Object.keys(buildHandshake({ request: request({ url: "/x/" }), remoteAddress: "" }, {}, 0).query)).toEqual(
      [],
    );
    expect(Object.keys(buildHandshake({ request: request({}), remoteAddress: "" }, {}, 0).query)).toEqual([]);
  });

  it("knows an encrypted connection and a page of another origin", () => {
    const source = { request: request({ url: "/", socket: { encrypted: true } }), remoteAddress: undefined };
    expect(buildHandshake(source, {}, 0)).toMatchObject({ secure: true, xdomain: false, address: "", issued: 0 });
    const foreign = { request: request({ headers: { origin: "https://x" } }), remoteAddress: "" };
    expect(buildHandshake(foreign, {}, 0)).toMatchObject({ secure: false, xdomain: true, url: "" });
  });

  it("of a session without a request is empty and secure", () => {
    const made = buildHandshake({ request: undefined, remoteAddress: undefined }, { token: 1 }, 5);
    expect(made).toMatchObject({ headers: {}, secure: true, xdomain: false, url: "", auth: { token: 1 }, issued: 5 });
  });
});
