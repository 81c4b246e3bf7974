// Connecting: the handshake, namespaces, refusals, several namespaces over one session.
import { expect } from "vitest";
import { serverSocket } from "../support/server-socket.js";
import type { Case } from "../support/suite.js";

export const CONNECT_CASES: Case[] = [
  {
    title: "connects, and both sides know the socket by the same id",
    async run({ open, server }) {
      const link = await open();
      const id = await link.connected();
      expect(id).toMatch(/^\S+$/);
      await server.journal.take("the connection", (entry) => entry.kind === "connect" && entry.id === id);
    },
  },
  {
    title: "ends on the transport of the mode, on both sides",
    async run({ open, mode }) {
      const link = await open();
      await link.connected();
      const expected = mode === "polling" ? "polling" : "websocket";
      expect(await link.settled()).toBe(expected);
      expect(await link.call("transport")).toEqual([expected]);
    },
  },
  {
    title: "brings auth, query and extra headers to the handshake",
    async run({ open }) {
      const auth = { token: "abc", nested: { list: [1, null, "ü"] } };
      const link = await open({ auth, query: { token: "q/1 &=", text: "日本 🎈" }, headers: { "X-Interop": "yes" } });
      await link.connected();
      expect(await link.call("handshake")).toEqual([
        { auth, query: { token: "q/1 &=", text: "日本 🎈" }, header: "yes" },
      ]);
    },
  },
  {
    title: "evaluates auth given as a function",
    needs: ["client api"],
    async run({ open }) {
      const link = await open({ extra: { autoConnect: false } });
      link.js().auth = (give: (auth: unknown) => void) => {
        give({ token: "from a function" });
      };
      link.js().connect();
      await link.connected();
      expect(await link.call("handshake")).toMatchObject([{ auth: { token: "from a function" } }]);
    },
  },
  {
    title: "connects another namespace, whose sockets have ids and events of their own",
    async run({ open }) {
      const link = await open({ namespaces: ["/", "/other"] });
      const ids = await Promise.all([link.connected("/"), link.connected("/other")]);
      expect(ids[0]).not.toBe(ids[1]);
      await link.emit("echo", ["main"], "/");
      await link.emit("echo", ["other"], "/other");
      expect(await link.next("echo", "/")).toEqual(["main"]);
      expect(await link.next("echo", "/other")).toEqual(["other"]);
      expect(link.waiting("echo", "/")).toEqual([]);
      expect(link.waiting("echo", "/other")).toEqual([]);
    },
  },
  {
    title: "keeps a broadcast within its namespace",
    async run({ open }) {
      const link = await open({ namespaces: ["/", "/other"] });
      await Promise.all([link.connected("/"), link.connected("/other")]);
      await link.emit("say", [{}, "told", "only here"], "/other");
      expect(await link.next("told", "/other")).toEqual(["only here"]);
      expect(await link.call("mirror", [1], { namespace: "/" })).toEqual([1]);
      expect(link.waiting("told", "/")).toEqual([]);
    },
  },
  {
    title: "carries several namespaces over one session, and leaves one without the others",
    needs: ["client api"],
    async run({ open, server }) {
      const link = await open({ namespaces: ["/", "/other"] });
      const [, other] = await Promise.all([link.connected("/"), link.connected("/other")]);
      expect(link.js("/").io.engine).toBe(link.js("/other").io.engine);
      link.js("/other").disconnect();
      expect(await link.disconnected("/other")).toBe("io client disconnect");
      await server.journal.take("the disconnect", (entry) => entry.kind === "disconnect" && entry.id === other);
      expect(await link.call("mirror", ["still here"], { namespace: "/" })).toEqual(["still here"]);
      link.js("/other").connect();
      expect(await link.connected("/other")).not.toBe(other);
      expect(await link.call("mirror", ["back"], { namespace: "/other" })).toEqual(["back"]);
    },
  },
  {
    title: "is refused by the server's middleware, with message and data",
    async run({ open }) {
      const link = await open({ namespaces: ["/guarded"], auth: { token: "wrong" } });
      expect(await link.refused("/guarded")).toEqual({
        message: "not for you",
        data: { code: 42, reasons: ["token", "🔒"] },
      });
    },
  },
  {
    title: "is let in by the same middleware with the right auth",
    async run({ open }) {
      const link = await open({ namespaces: ["/guarded"], auth: { token: "secret" } });
      await link.connected("/guarded");
      expect(await link.call("mirror", ["in"], { namespace: "/guarded" })).toEqual(["in"]);
    },
  },
  {
    title: "stays out after a refusal until it connects again with another auth",
    needs: ["client api"],
    async run({ open }) {
      const link = await open({ namespaces: ["/guarded"], auth: { token: "wrong" }, reconnection: true });
      const socket = link.js("/guarded");
      await link.refused("/guarded");
      expect(socket.active).toBe(false);
      expect(socket.connected).toBe(false);
      socket.auth = { token: "secret" };
      socket.connect();
      await link.connected("/guarded");
      expect(socket.active).toBe(true);
    },
  },
  {
    title: "is refused a namespace that the server does not have, and keeps the one it has",
    needs: ["server api"],
    async run({ open }) {
      const link = await open({ namespaces: ["/", "/nowhere"] });
      expect(await link.refused("/nowhere")).toMatchObject({ message: "Invalid namespace" });
      await link.connected("/");
      expect(await link.call("mirror", [1])).toEqual([1]);
    },
  },
  {
    title: "is refused an unknown namespace, however the server words it",
    needs: ["client api"],
    async run({ open }) {
      const link = await open({ namespaces: ["/", "/nowhere"] });
      await link.refused("/nowhere"); // python3-socketio sends a bare string, which the stock client does not show
      await link.connected("/");
      expect(link.js("/nowhere").connected).toBe(false);
    },
  },
  {
    title: "connects to namespaces that a pattern makes, each apart from the others",
    needs: ["server api"],
    async run({ open }) {
      const link = await open({ namespaces: ["/room-1", "/room-22"] });
      await Promise.all([link.connected("/room-1"), link.connected("/room-22")]);
      await link.emit("say", [{}, "told", "one"], "/room-1");
      expect(await link.next("told", "/room-1")).toEqual(["one"]);
      expect(await link.call("mirror", [1], { namespace: "/room-22" })).toEqual([1]);
      expect(link.waiting("told", "/room-22")).toEqual([]);
      const stranger = await open({ namespaces: ["/room-x"] });
      expect(await stranger.refused("/room-x")).toMatchObject({ message: "Invalid namespace" });
    },
  },
  {
    title: "is refused by allowRequest, and told so",
    needs: ["client api", "server api"],
    ownServer: {
      extra: {
        allowRequest: (_request: unknown, decide: (message: string | null, allowed: boolean) => void) => {
          decide("not today", false);
        },
      },
    },
    async run({ open, mode }) {
      const link = await open();
      const { message } = await link.refused();
      expect(message).toBe(mode === "websocket" ? "websocket error" : "xhr poll error");
      expect(link.js().connected).toBe(false);
    },
  },
  {
    title: "stays connected over many heartbeats",
    needs: ["server api"],
    ownServer: { extra: { pingInterval: 25, pingTimeout: 5_000 } },
    async run({ open, server }) {
      const link = await open();
      const { conn } = serverSocket(server, await link.connected());
      await new Promise<void>((resolve) => {
        let beats = 0;
        conn.on("heartbeat", () => {
          if (++beats === 8) resolve();
        });
      });
      expect(await link.call("mirror", ["alive"])).toEqual(["alive"]);
    },
  },
  {
    title: "is cut off when a message is larger than the server takes, and the server lives on",
    endsWithConnection: true,
    needs: ["client api", "server api"],
    ownServer: { extra: { maxHttpBufferSize: 10_000 } },
    async run({ open, server, mode }) {
      const link = await open();
      const id = await link.connected();
      await link.settled();
      await link.emit("echo", ["x".repeat(20_000)]);
      expect(await link.disconnected()).toBe(mode === "polling" ? "transport error" : "transport close");
      await server.journal.take("the disconnect", (entry) => entry.kind === "disconnect" && entry.id === id);
      const next = await open();
      await next.connected();
      expect(await next.call("mirror", ["fine"])).toEqual(["fine"]);
    },
  },
];
