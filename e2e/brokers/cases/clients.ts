// The stock client among ours, on each transport.
import { expect } from "vitest";
import { once } from "@everwire/testkit";
import { io as connectStock } from "socket.io-client";
import { type Case, PATIENCE } from "../support/stage.js";

export const CLIENT_CASES: Case[] = [
  {
    title: "serves the stock client too: events, binary data, rooms and acknowledgements over processes",
    async run(stage) {
      const transports = [["polling"], ["websocket"], ["polling", "websocket"]];
      const clients = transports.map((each, index) =>
        connectStock(stage.worker(index).url, { forceNew: true, transports: each }),
      );
      for (const client of clients) stage.onEnd(() => client.disconnect());
      await Promise.all(clients.map((client) => once(client, "connect", PATIENCE)));
      const ids = clients.map(({ id }) => id ?? "");
      const heard = Promise.all(clients.map((client) => once<[Buffer]>(client, "m", PATIENCE)));
      await stage.worker(1).run((io) => void io.emit("m", Buffer.from([5])));
      for (const [data] of await heard) expect([...data]).toEqual([5]);
      clients.forEach((client, index) => client.on("ask", (answer: (value: unknown) => void) => answer(index)));
      const answers = await stage.worker(2).run((io, to) => io.to(to).timeout(10_000).emitWithAck("ask"), ids);
      expect((answers as unknown[]).sort()).toEqual([0, 1, 2]);
      const gone = Promise.all(clients.map((client) => once(client, "disconnect", PATIENCE)));
      await stage.worker(0).run((io, to) => io.in(to).disconnectSockets(), ids);
      expect((await gone).map(([reason]) => reason)).toEqual(Array(3).fill("io server disconnect"));
    },
  },
];
