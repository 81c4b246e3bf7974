// Binary both ways: every kind of value that holds bytes, alone, nested, mixed, empty, large, in events and in acks.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import { plain } from "../support/values.js";
import type { Case } from "../support/suite.js";

const BYTES = Uint8Array.from([0, 1, 2, 127, 128, 254, 255, 0x1e, 98, 52]);
const PADDED = Uint8Array.from([9, 9, 9, ...BYTES, 9, 9, 9, 9, 9]);

/** Values that hold bytes, as a JavaScript user has them; a Python peer sends and gets `bytes`. */
const KINDS: [string, () => unknown][] = [
  ["a Buffer", () => Buffer.from(BYTES)],
  ["a Buffer that is a slice of another", () => Buffer.from(PADDED).subarray(3, 3 + BYTES.length)],
  ["an ArrayBuffer", () => BYTES.slice().buffer],
  ["a Uint8Array", () => BYTES.slice()],
  ["a view on a part of a buffer", () => new Uint8Array(PADDED.slice().buffer, 3, BYTES.length)],
  ["a Uint16Array", () => Uint16Array.from([1, 256, 65_535])],
  ["a Float64Array", () => Float64Array.from([1.5, -0, Infinity])],
  ["a DataView on a part of a buffer", () => new DataView(PADDED.slice().buffer, 3, BYTES.length)],
  ["an empty Buffer", () => Buffer.alloc(0)],
];

const NESTED = {
  first: Buffer.from([1]),
  list: ["text", [Buffer.from([2, 3]), null], { deep: { deeper: Buffer.from([4]) } }],
  none: null,
  date: "2020-01-01T00:00:00.000Z",
};

export const BINARY_CASES: Case[] = [
  ...KINDS.map(([what, make]): Case => {
    return {
      title: `delivers ${what} from the client and back`,
      async run({ open }) {
        const link = await open();
        await link.connected();
        await link.emit("echo", [make()]);
        expect(plain(await link.next("echo"))).toEqual(plain([make()]));
      },
    };
  }),
  ...KINDS.map(([what, make]): Case => {
    return {
      title: `delivers ${what} from the server`,
      needs: ["server api"],
      async run({ open, server }) {
        const link = await open();
        const id = await link.connected();
        serverSocket(server, id).emit("values", make(), { within: [make()] });
        expect(plain(await link.next("values"))).toEqual(plain([make(), { within: [make()] }]));
      },
    };
  }),
  {
    title: "delivers binary nested in objects and arrays, mixed with text",
    async run({ open }) {
      const link = await open();
      await link.connected();
      const args = ["before", NESTED, Buffer.from("last"), 5];
      await link.emit("echo", args);
      expect(plain(await link.next("echo"))).toEqual(plain(args));
    },
  },
  {
    title: "delivers ten attachments in one event",
    async run({ open, burst }) {
      const link = await open();
      await link.connected();
      const args = Array.from({ length: Math.min(10, burst - 1) }, (_, index) => Buffer.from([index, index]));
      await link.emit("echo", args);
      expect(plain(await link.next("echo"))).toEqual(plain(args));
    },
  },
  {
    title: "leaves the caller's values as they were",
    needs: ["client api"],
    async run({ open }) {
      const link = await open();
      await link.connected();
      const value = { data: Buffer.from([1, 2, 3]), list: [Buffer.from([4])] };
      await link.emit("echo", [value]);
      await link.next("echo");
      expect(value).toEqual({ data: Buffer.from([1, 2, 3]), list: [Buffer.from([4])] });
    },
  },
  {
    title: "delivers binary in the acks of both sides",
    async run({ open }) {
      const link = await open();
      await link.connected();
      expect(plain(await link.call("mirror", [Buffer.from("up"), { more: Buffer.from("down") }]))).toEqual(
        plain([Buffer.from("up"), { more: Buffer.from("down") }]),
      );
      expect(plain(await link.call("ask", [5_000, "question", Buffer.from("asked"), "text"]))).toEqual(
        plain(["answered", Buffer.from("asked"), "text"]),
      );
    },
  },
  {
    title: "delivers binary to a client that wants it as base64",
    needs: ["client api"],
    async run({ open }) {
      const link = await open({ extra: { forceBase64: true } });
      await link.connected();
      const args = [Buffer.from([0, 255, 1]), "text", { more: Buffer.alloc(100, 7) }];
      await link.emit("echo", args);
      expect(plain(await link.next("echo"))).toEqual(plain(args));
      await link.settled();
      await link.emit("echo", args);
      expect(plain(await link.next("echo"))).toEqual(plain(args));
    },
  },
  {
    title: "delivers a binary message of 1 MB both ways",
    async run({ open }) {
      const link = await open();
      await link.connected();
      const bytes = Buffer.alloc(1_000_000, "everwire");
      await link.emit("echo", [bytes, "end"]);
      const [back, end] = await link.next("echo");
      expect(Buffer.compare(Buffer.from(plain(back) as Uint8Array), bytes)).toBe(0);
      expect(end).toBe("end");
    },
  },
];
