// Listeners of everything that comes in or goes out, and events that may be dropped or compressed: over both peers.
import { once, turns } from "@everwire/testkit";
import { compare } from "./support/cases.js";
import { plain } from "./support/rig.js";

compare("listeners of everything", [
  [
    "on both sides: added, put in front, taken off, listed",
    async (rig) => {
      const { socket, client } = await rig.pair();
      const [a, b] = [(): void => undefined, (): void => undefined];
      return [socket, client].map((each) => {
        const chained = [each.onAny(a), each.prependAny(b)].map((one) => one === each);
        const before = each.listenersAny().map((one) => (one === a ? "a" : "b"));
        each.offAny(a);
        const after = each.listenersAny().length;
        each.offAny();
        return [chained, before, after, each.listenersAny()];
      });
    },
    [
      [[true, true], ["b", "a"], 1, []],
      [[true, true], ["b", "a"], 1, []],
    ],
  ],
  [
    "of outgoing events likewise",
    async (rig) => {
      const { socket, client } = await rig.pair();
      const [a, b] = [(): void => undefined, (): void => undefined];
      return [socket, client].map((each) => {
        const chained = [each.onAnyOutgoing(a), each.prependAnyOutgoing(b)].map((one) => one === each);
        const before = each.listenersAnyOutgoing().map((one) => (one === a ? "a" : "b"));
        each.offAnyOutgoing(a);
        const after = each.listenersAnyOutgoing().length;
        each.offAnyOutgoing();
        return [chained, before, after, each.listenersAnyOutgoing()];
      });
    },
    [
      [[true, true], ["b", "a"], 1, []],
      [[true, true], ["b", "a"], 1, []],
    ],
  ],
  [
    "hear an event before its own listeners, with the answering function",
    async (rig) => {
      const { socket, client } = await rig.pair();
      for (const each of [socket, client]) {
        each.onAny((...args) => rig.note("any", ...plain(args)));
        each.on("m", () => rig.note("own"));
      }
      socket.emit("m", 1, () => undefined);
      await once(client, "m");
      client.emit("m", 2);
      await once(socket, "m");
      return rig.log;
    },
    [["any", "m", 1, "function"], "own", ["any", "m", 2], "own"],
  ],
  [
    "hear an event that has no listener of its own",
    async (rig) => {
      const { socket, client } = await rig.pair();
      const heard = Promise.all([socket, client].map((each) => new Promise((resolve) => each.onAny(resolve))));
      socket.emit("a");
      client.emit("b");
      return heard;
    },
    ["b", "a"],
  ],
  [
    "of what goes out hear broadcasts too, binary as it is, no answers",
    async (rig) => {
      const { io, socket, client } = await rig.pair();
      const data = Buffer.from("x");
      socket.onAnyOutgoing((event: string, value: unknown) => rig.note(event, value === data));
      socket.emit("a", data);
      io.emit("b", data);
      io.to(socket.id).emit("c", data);
      socket.broadcast.emit("not for this one");
      socket.volatile.emit("d", 1, () => undefined);
      socket.on("ask", (answer: (value: string) => void) => answer("an answer"));
      await client.emitWithAck("ask");
      return rig.log;
    },
    [
      ["a", true],
      ["b", true],
      ["c", true],
      ["d", false],
    ],
  ],
  [
    "of what goes out hear it on the client when it leaves",
    async (rig) => {
      await rig.serve();
      const client = rig.client("/", { autoConnect: false });
      client.onAnyOutgoing((...args) => rig.note(...plain(args)));
      client.emit("early", 1, () => undefined);
      client.volatile.emit("dropped");
      rig.note("not connected");
      client.on("connect", () => rig.note("connect"));
      client.connect();
      await once(client, "connect");
      client.emit("late");
      return rig.log;
    },
    ["not connected", ["early", 1], "connect", "late"],
  ],
  [
    "may take themselves off",
    async (rig) => {
      const pair = await rig.pair();
      const { socket, client } = pair;
      const first = (): void => {
        rig.note("once");
        socket.offAny(first);
      };
      socket.onAny(first);
      socket.onAny(() => rig.note("always"));
      client.emit("m");
      client.emit("m");
      client.emit("m", () => undefined);
      const end = once(socket, "end");
      client.emit("end");
      await end;
      return rig.log;
    },
    ["once", "always", "always", "always", "always"],
  ],
]);

compare("volatile and compressed events", [
  [
    "flags give back the socket, and count once",
    async (rig) => {
      const { socket, client } = await rig.pair();
      return [socket, client].map((each) => [
        each.volatile === each,
        each.compress(false) === each,
        (each.timeout(5) as unknown) === each,
      ]);
    },
    [
      [true, true, true],
      [true, true, true],
    ],
  ],
  [
    "of several in one turn the first of the server goes",
    async (rig) => {
      const { socket, client } = await rig.pair();
      client.onAny((event) => rig.note(event));
      await turns();
      const last = once(client, "4");
      socket.emit("1");
      socket.volatile.emit("2");
      socket.volatile.emit("3", Buffer.from("x"));
      socket.emit("4");
      await last;
      return rig.log;
    },
    ["1", "4"],
  ],
  [
    "of a broadcast likewise",
    async (rig) => {
      const { io, client } = await rig.pair();
      client.onAny((event) => rig.note(event));
      await turns();
      const last = once(client, "3");
      io.volatile.emit("1");
      io.volatile.emit("2");
      io.emit("3");
      await last;
      return rig.log;
    },
    ["1", "3"],
  ],
  [
    "are dropped by a client that is not connected",
    async (rig) => {
      await rig.serve();
      const client = rig.client("/", { autoConnect: false });
      client.volatile.emit("m");
      const dropped = client.sendBuffer.length;
      client.emit("m");
      return [dropped, client.sendBuffer.length];
    },
    [0, 1],
  ],
  [
    "the server's wish to compress is seen on each packet",
    async (rig) => {
      const { io, socket } = await rig.pair();
      socket.conn.on("packetCreate", ({ data, options }) => rig.note(data, options.compress));
      socket.compress(false).emit("a");
      socket.emit("b");
      io.compress(false).emit("c");
      io.emit("d");
      return rig.log;
    },
    [
      ['2["a"]', false],
      ['2["b"]', true],
      ['2["c"]', false],
      ['2["d"]', true],
    ],
  ],
  [
    "the client's wish too",
    async (rig) => {
      const { client } = await rig.pair();
      client.io.engine.on("packetCreate", ({ data, options }) => rig.note(data, options?.compress));
      client.compress(false).emit("a");
      client.emit("b");
      return rig.log;
    },
    [
      ['2["a"]', false],
      ['2["b"]', true],
    ],
  ],
  [
    "a broadcast of one text has a WebSocket frame for all, and no other packet",
    async (rig) => {
      const { io, socket } = await rig.pair();
      socket.conn.on("packetCreate", ({ options: { wsPreEncodedFrame } }) =>
        rig.note(wsPreEncodedFrame === undefined ? "none" : Buffer.concat(wsPreEncodedFrame).toString("hex")),
      );
      io.emit("a");
      io.emit("b".repeat(130));
      io.emit("c", Buffer.from("x"));
      socket.emit("d");
      return rig.log.map((each) => String(each).slice(0, 12));
    },
    ["810734325b22", "817e00883432", "none", "none", "none"],
  ],
]);
