// Old clients among others: rooms and broadcasts that reach clients of both revisions with one encoding of the packet.
import { expect } from "vitest";
import { plain } from "../support/values.js";
import type { OldCase } from "../support/old-suite.js";

const BINARY = [Buffer.from([4, 0, 255]), { more: [Buffer.from("bytes")] }];

export const OLD_ROOM_CASES: OldCase[] = [
  {
    title: "hears broadcasts to a room together with clients of today, text and binary, each in its own form",
    async run({ open, openCurrent, server, text }) {
      const texts = ["all of you", { text }];
      const old = [open(), open(), open({ extra: { forceBase64: true } })];
      const today = [
        await openCurrent(),
        await openCurrent({ mode: "polling" }),
        await openCurrent({ extra: { forceBase64: true } }),
      ];
      const room = "mixed";
      for (const link of [...old, ...today]) {
        await link.connected();
        await link.settled();
        expect(await link.call("join", [room])).toEqual(["joined"]);
      }
      // Twice, and from either kind: what one recipient's form leaves with a packet must not reach the other's.
      for (const args of [texts, BINARY, texts, BINARY]) {
        server
          .js()
          .to(room)
          .emit("told", ...args);
        for (const link of [...old, ...today]) expect(plain(await link.next("told"))).toEqual(plain(args));
      }
      old[0]?.emit("say", [{ room }, "told", "from old", ...BINARY]);
      for (const link of [...old, ...today]) {
        expect(plain(await link.next("told"))).toEqual(plain(["from old", ...BINARY]));
      }
      await today[0]?.emit("say", [{ room, skip: true }, "told", "from today", ...BINARY]);
      for (const link of [...old, ...today.slice(1)]) {
        expect(plain(await link.next("told"))).toEqual(plain(["from today", ...BINARY]));
      }
      expect(today[0]?.waiting("told")).toEqual([]);
    },
  },
  {
    title: "is reached by its id, moved between rooms by the server, and left out by except",
    async run({ open, server }) {
      const [first, second] = [open(), open()];
      const id = await first.connected();
      const other = await second.connected();
      server.js().in(id).socketsJoin("moved");
      server.js().to("moved").emit("told", 1);
      expect(await first.next("told")).toEqual([1]);
      server.js().to([id, other]).except("moved").emit("told", 2);
      expect(await second.next("told")).toEqual([2]);
      const [found] = await server.js().in("moved").fetchSockets();
      expect(found?.id).toBe(id);
      expect(first.waiting("told")).toEqual([]);
    },
  },
  {
    title: "answers a broadcast that asks for acks, together with a client of today",
    ownServer: {},
    async run({ open, openCurrent, server }) {
      await open().connected();
      await (await openCurrent()).connected();
      const answers = await server.js().timeout(5_000).emitWithAck("question", Buffer.from("q"));
      expect(plain(answers)).toEqual(plain([Buffer.from("q"), Buffer.from("q")]));
    },
  },
  {
    title: "is served by a server that recovers the sessions of others, and is not recovered itself",
    ownServer: { extra: { connectionStateRecovery: {} } },
    async run({ open, server }) {
      const link = open({ reconnection: true });
      const id = await link.connected();
      link.emit("echo", ["x", BINARY[0]]);
      expect(plain((await link.next("echo")).slice(0, 2))).toEqual(plain(["x", BINARY[0]]));
      await server.crash();
      await link.disconnected();
      await server.up();
      expect(await link.connected()).not.toBe(id);
    },
  },
];
