import { describe, expect, it } from "vitest";
import { isPacketValid } from "./socket-packet.js";
import type { Packet } from "./socket-packet.js";

describe("isPacketValid", () => {
  it.each([
    { type: 0, nsp: "/" },
    { type: 0, nsp: "/", data: {} },
    { type: 1, nsp: "/admin" },
    { type: 2, nsp: "", data: ["a"] },
    { type: 2, nsp: "/", data: [1], id: 0 },
    { type: 3, nsp: "/", data: [], id: 5 },
    { type: 4, nsp: "/", data: "no" },
    { type: 4, nsp: "/", data: { message: "no" } },
  ])("takes %o", (packet) => {
    expect(isPacketValid(packet as Packet)).toBe(true);
  });

  it.each([
    { type: 0, nsp: "/", data: null },
    { type: 0, nsp: "/", data: [] },
    { type: 0, nsp: "/", data: "x" },
    { type: 0, nsp: "/", data: new Date(0) },
    { type: 1, nsp: "/", data: {} },
    { type: 1, nsp: "/", data: null },
    { type: 2, data: ["a"] },
    { type: 2, nsp: 1, data: ["a"] },
    { type: 2, nsp: "/" },
    { type: 2, nsp: "/", data: [] },
    { type: 2, nsp: "/", data: [true] },
    { type: 2, nsp: "/", data: ["connect"] },
    { type: 2, nsp: "/", data: ["newListener"] },
    { type: 2, nsp: "/", data: ["a"], id: 1.5 },
    { type: 2, nsp: "/", data: ["a"], id: null },
    { type: 3, nsp: "/", data: {} },
    { type: 4, nsp: "/" },
    { type: 5, nsp: "/", data: ["a"] },
    { type: 6, nsp: "/", data: [] },
    { type: 7, nsp: "/" },
    { type: "2", nsp: "/", data: ["a"] },
  ])("refuses %o", (packet) => {
    expect(isPacketValid(packet as unknown as Packet)).toBe(false);
  });
});
