// Old clients at the door: ids, handshake, namespaces with a query, refusals in the form that they know.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { OldCase } from "../support/old-suite.js";

export const OLD_CONNECT_CASES: OldCase[] = [
  {
    title: "connects, and both sides know the socket by the same id",
    async run({ open, server, client }) {
      const link = open();
      const id = await link.connected();
      const socket = serverSocket(server, id);
      expect(socket.handshake.query["EIO"]).toBe(String(client.protocol));
      expect(socket.recovered).toBe(false);
      if (client.protocol === 3) expect(id).toBe(link.sessionId);
    },
  },
  {
    title: "ends on the transport of the mode, on both sides",
    async run({ open, mode }) {
      const link = open();
      await link.connected();
      const expected = mode === "polling" ? "polling" : "websocket";
      expect(await link.settled()).toBe(expected);
      expect(await link.call("transport")).toEqual([expected]);
    },
  },
  {
    title: "brings the query of the connection to the handshake",
    async run({ open, text }) {
      const link = open({ query: { token: "q/1 &=", text } });
      await link.connected();
      expect(await link.call("handshake")).toEqual([{ auth: {}, query: { token: "q/1 &=", text }, header: null }]);
    },
  },
  {
    title: "joins other namespaces over the same connection, in an id of their own",
    async run({ open, server, client }) {
      const link = open({ namespaces: ["/", "/other", "/room-7"] });
      await link.connected();
      await link.connected("/other");
      await link.connected("/room-7");
      const ids = [...server.js().of("/other").sockets.keys()];
      if (client.protocol === 3) expect(ids).toContain(`/other#${link.sessionId}`);
      expect(await link.call("mirror", ["a"], "/other")).toEqual(["a"]);
      expect(await link.call("mirror", ["b"], "/room-7")).toEqual(["b"]);
      expect(await link.call("mirror", ["c"])).toEqual(["c"]);
    },
  },
  {
    title: "brings what it says of itself to the namespace, as auth without a prototype",
    protocol: 3,
    async run({ open, server }) {
      const credentials = { token: "secret", text: "ü &=? 🎈", constructor: "1" };
      const link = open({ namespaces: ["/", "/guarded"], credentials });
      await link.connected();
      await link.connected("/guarded");
      const socket = serverSocket(server, `/guarded#${link.sessionId}`, "/guarded");
      expect(socket.handshake.auth).toEqual(credentials);
      expect(Object.getPrototypeOf(socket.handshake.auth)).toBeNull();
      expect(await link.call("mirror", [1], "/guarded")).toEqual([1]);
    },
  },
  {
    title: "is told what a middleware has for it when it is refused",
    ownServer: {},
    async run({ open, client, server, text }) {
      const data = { code: 42, reasons: ["token", text] };
      server
        .js()
        .of("/picky")
        .use((_socket, next) => {
          next(Object.assign(new Error("not for you"), { data }));
        });
      const link = open({ namespaces: ["/", "/picky"], credentials: { token: "guessed" } });
      await link.connected();
      if (client.protocol === 3) expect(await link.refused("/picky")).toEqual(data);
      else expect(await link.refused("/picky")).toMatchObject({ message: "not for you", data });
      expect(await link.call("mirror", ["alive"])).toEqual(["alive"]);
    },
  },
  {
    title: "is told the message of a refusal without data, by the main namespace too",
    ownServer: {},
    async run({ open, server, client }) {
      server.js().use((_socket, next) => {
        next(new Error("no entry"));
      });
      const link = open();
      const refusal = await link.refused();
      if (client.protocol === 3) expect(refusal).toBe("no entry");
      else expect(refusal).toMatchObject({ message: "no entry" });
      expect(link.js().connected).toBe(false);
    },
  },
  {
    title: "is told that a namespace does not exist",
    async run({ open }) {
      const link = open({ namespaces: ["/", "/nowhere"], credentials: { token: "x" } });
      await link.connected();
      expect(await link.refused("/nowhere")).toMatchObject({ message: "Invalid namespace" });
      expect(await link.call("mirror", ["alive"])).toEqual(["alive"]);
    },
  },
];
