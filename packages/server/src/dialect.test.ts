import { describe, expect, it } from "vitest";
import { PacketType } from "@everwire/protocol";
import { CURRENT, LEGACY } from "./dialect.js";

const connect = (nsp: string, data?: unknown): Parameters<typeof CURRENT.readConnect>[0] => ({
  type: PacketType.CONNECT,
  nsp,
  ...(data === undefined ? {} : { data }),
});

describe("the dialect of today", () => {
  it("takes the name of a namespace as it is, and auth from the packet", () => {
    expect(CURRENT.readConnect(connect("/a?b=c", { d: 1 }))).toEqual({ name: "/a?b=c", auth: { d: 1 } });
  });

  it("tells the ids of a socket, which are its own", () => {
    expect(CURRENT.describeSocket("id", undefined)).toEqual({ sid: "id" });
    expect(CURRENT.describeSocket("id", "private")).toEqual({ sid: "id", pid: "private" });
    expect(CURRENT.createSocketId("/", "session")).toMatch(/^[\w-]{20}$/);
  });

  it("tells message and data of a refusal", () => {
    expect(CURRENT.describeRefusal(Object.assign(new Error("no"), { data: 0 }))).toEqual({ message: "no", data: 0 });
    expect(CURRENT.describeRefusal("no")).toEqual({ message: "no" });
    expect(CURRENT.describeRefusal({ message: 5 })).toEqual({ message: "" });
  });
});

describe("the dialect of Socket.IO 1 and 2", () => {
  it("takes auth from the query behind the name, without a prototype", () => {
    const { name, auth } = LEGACY.readConnect(connect("/a?b=c+d&b=e&__proto__=f&%C3%BC="));
    expect(name).toBe("/a");
    expect(Object.getPrototypeOf(auth)).toBeNull();
    expect(Object.entries(auth ?? {})).toEqual([
      ["b", "e"],
      ["__proto__", "f"],
      ["ü", ""],
    ]);
    expect(LEGACY.readConnect(connect("/a", { ignored: true }))).toEqual({ name: "/a", auth: undefined });
    expect(LEGACY.readConnect(connect("/a?"))).toEqual({ name: "/a", auth: {} });
  });

  it("tells nothing of a socket, whose id the client makes up in the same way", () => {
    expect(LEGACY.describeSocket("id", undefined)).toBeUndefined();
    expect(LEGACY.createSocketId("/", "session")).toBe("session");
    expect(LEGACY.createSocketId("/a", "session")).toBe("/a#session");
  });

  it("tells the data of a refusal or else its message, never a number", () => {
    const refusal = (data: unknown): string | object =>
      LEGACY.describeRefusal(Object.assign(new Error("no"), { data }));
    expect(refusal({ a: 1 })).toEqual({ a: 1 });
    expect(refusal(["a"])).toEqual(["a"]);
    expect(refusal("why")).toBe("why");
    expect(refusal(3)).toBe("3");
    for (const empty of [undefined, null, "", 0, true]) expect(refusal(empty)).toBe("no");
    expect(LEGACY.describeRefusal("text")).toBe("text");
  });
});
