// What tabs that share a connection have in common, and what each has for itself.
import parser from "@everwire/parser-msgpack";
import { describe, expect, it } from "vitest";
import { once, until, turns } from "@everwire/testkit";
import type { IoOptions } from "../lookup.js";
import type { Socket } from "../socket.js";
import { openTab, start, useBrowser } from "./browser.test.node.js";

useBrowser();

const connected = (...sockets: Socket[]): Promise<void> =>
  until(() => sockets.every((socket) => socket.connected), "all tabs connected");

const idsOf = (sockets: readonly Socket[]): unknown[] => [...new Set(sockets.map(({ id }) => id))];

describe("tabs of one browser", () => {
  it("are one connection and one socket to the server, and each gets a broadcast once", async () => {
    const { io, url } = await start();
    let connections = 0;
    io.on("connection", () => connections++);
    const got: unknown[] = [];
    const tabs = Array.from({ length: 20 }, (_, tab) =>
      openTab(url).on("news", (news: unknown) => got.push([tab, news])),
    );
    await connected(...tabs);
    expect([io.engine.clientsCount, connections, idsOf(tabs)]).toEqual([1, 1, [...io.sockets.sockets.keys()]]);
    io.emit("news", "a");
    await until(() => got.length >= 20, "the news everywhere");
    io.emit("news", "b");
    await until(() => got.length >= 40, "the second news everywhere");
    expect(got).toEqual(["a", "b"].flatMap((news) => tabs.map((_, tab) => [tab, news])));
  });

  it("get the answers to their own questions, though they count them alike", async () => {
    const { io, url } = await start();
    io.on("connection", (socket) =>
      socket.on("ask", (text: string, answer: (text: string) => void) => answer(`${text}!`)),
    );
    const tabs = [openTab(url), openTab(url), openTab(url)];
    const answers = await Promise.all(
      tabs.flatMap((tab, index) => [1, 2, 3].map((turn) => tab.emitWithAck("ask", `${String(index)}.${String(turn)}`))),
    );
    expect(answers).toEqual(["0.1!", "0.2!", "0.3!", "1.1!", "1.2!", "1.3!", "2.1!", "2.2!", "2.3!"]);
  });

  it("are asked by the server together, and the first answer counts", async () => {
    const { io, url } = await start();
    const tabs = [openTab(url), openTab(url)];
    await connected(...tabs);
    const answers: unknown[] = [];
    const replies: ((text: string) => void)[] = [];
    tabs.forEach((tab) => tab.on("ask", (reply: (text: string) => void) => replies.push(reply)));
    [...io.sockets.sockets.values()][0]?.emit("ask", (answer: unknown) => answers.push(answer));
    await until(() => replies.length === 2, "the question in both tabs");
    replies[1]?.("one");
    await until(() => answers.length === 1, "its answer");
    replies[0]?.("another");
    // What comes after it on the wire shows that no more did.
    const after = once(io.sockets.sockets.values().next().value!, "after");
    tabs[0]?.emit("after");
    await after;
    expect(answers).toEqual(["one"]);
  });

  it("find a namespace that is open already, without a word to the server", async () => {
    const { io, url } = await start();
    let connections = 0;
    io.of("/chat").on("connection", () => connections++);
    const first = openTab(`${url}/chat`);
    await connected(first);
    const second = openTab(`${url}/chat`);
    await connected(second);
    expect([connections, second.id, second.recovered]).toEqual([1, first.id, false]);
  });

  it("get only what is for the namespaces that they are in", async () => {
    const { io, url } = await start();
    io.of("/a");
    io.of("/b");
    const [a, b] = [openTab(`${url}/a`), openTab(`${url}/b`)];
    await connected(a, b);
    const got: unknown[] = [];
    for (const tab of [a, b]) tab.io.on("packet", ({ nsp, data }) => got.push([tab.nsp, nsp, data]));
    io.of("/a").emit("to", "a");
    io.of("/b").emit("to", "b");
    await until(() => got.length === 2, "both events");
    await turns();
    expect(got).toEqual([
      ["/a", "/a", ["to", "a"]],
      ["/b", "/b", ["to", "b"]],
    ]);
    expect(io.engine.clientsCount).toBe(1);
  });

  it("leave a namespace one by one; the server hears of the last", async () => {
    const { io, url } = await start();
    const tabs = [openTab(url), openTab(url)] as const;
    await connected(...tabs);
    const there = [...io.sockets.sockets.values()][0]!;
    there.on("echo", (value: unknown, answer: (value: unknown) => void) => answer(value));
    const reasons: unknown[] = [];
    there.on("disconnect", (reason) => reasons.push(reason));
    tabs[0].disconnect();
    expect(tabs[0].connected).toBe(false);
    // Two ways there and back: what the first tab has said is long through.
    for (const turn of [1, 2]) expect(await tabs[1].emitWithAck("echo", turn)).toBe(turn);
    expect([reasons, there.connected, tabs[1].connected]).toEqual([[], true, true]);
    tabs[1].disconnect();
    await until(() => reasons.length > 0, "the disconnect");
    expect(reasons).toEqual(["client namespace disconnect"]);
    await until(() => io.engine.clientsCount === 0, "the end of the connection");
  });

  it("are put out by the server together", async () => {
    const { io, url } = await start();
    const tabs = [openTab(url), openTab(url)];
    await connected(...tabs);
    const reasons: unknown[] = [];
    tabs.forEach((tab) => tab.on("disconnect", (reason) => reasons.push(reason)));
    io.disconnectSockets();
    await until(() => reasons.length === 2, "both disconnects");
    expect(reasons).toEqual(["io server disconnect", "io server disconnect"]);
    tabs[1]?.connect();
    await connected(tabs[1]!);
    expect([tabs[0]?.connected, io.engine.clientsCount]).toEqual([false, 1]);
  });

  it("are refused together, and may ask again", async () => {
    const { io, url } = await start();
    let isOpen = false;
    let asked = 0;
    io.use((_socket, next) => {
      asked++;
      next(isOpen ? undefined : new Error("not yet"));
    });
    const tabs = [openTab(url), openTab(url)] as const;
    const refusals = await Promise.all(tabs.map((tab) => once(tab, "connect_error")));
    expect(refusals.map(([error]) => (error as Error).message)).toEqual(["not yet", "not yet"]);
    expect(asked).toBeLessThanOrEqual(2);
    isOpen = true;
    tabs.forEach((tab) => tab.connect());
    await connected(...tabs);
    expect(idsOf(tabs)).toHaveLength(1);
  });
});

describe("who a tab is", () => {
  const whoOf = async (options: readonly IoOptions[]): Promise<{ connections: number; who: unknown[] }> => {
    const { io, url } = await start();
    io.on("connection", (socket) =>
      socket.on("who", (answer: (auth: unknown) => void) => answer(socket.handshake.auth)),
    );
    const who: unknown[] = [];
    // One after the other: each finds what the ones before have opened.
    for (const one of options) {
      const tab = openTab(url, one);
      await connected(tab);
      who.push(await tab.emitWithAck("who"));
    }
    return { connections: io.engine.clientsCount, who };
  };

  it("decides with whom it shares: never with who gave another `auth`", async () => {
    const auths = [{ user: "ann" }, { user: "bob" }, { user: "ann" }, {}, { pid: "ann" }, { pid: "bob" }];
    const { connections, who } = await whoOf(auths.map((auth) => ({ auth })));
    expect([connections, who]).toEqual([5, auths]);
  });

  it("is asked of a function in the tab", async () => {
    const auth = (give: (data: object) => void): void => give({ user: "ann" });
    const { connections, who } = await whoOf([
      { auth },
      { auth: { user: "ann" } },
      { auth: (give) => give({ user: "bob" }) },
    ]);
    expect([connections, who]).toEqual([2, [{ user: "ann" }, { user: "ann" }, { user: "bob" }]]);
  });

  it("is nobody, with no `auth` as with an empty one", async () => {
    const { connections } = await whoOf([{}, { auth: {} }]);
    expect(connections).toBe(1);
  });

  it("holds for all its namespaces", async () => {
    const { io, url } = await start();
    const peers = new Map<unknown, Set<string>>();
    for (const name of ["/", "/chat"])
      io.of(name).on("connection", ({ conn, handshake }) => {
        const user: unknown = handshake.auth["user"] ?? "nobody";
        peers.set(user, (peers.get(user) ?? new Set()).add(conn.id));
      });
    const ann = openTab(url, { auth: { user: "ann" } });
    const bob = openTab(url, { auth: { user: "bob" } });
    await connected(ann, bob);
    await connected(bob.io.socket("/chat", { auth: { user: "bob" } }));
    expect([...(peers.get("bob") ?? [])]).toHaveLength(1);
    expect([...(peers.get("bob") ?? [])]).not.toEqual([...(peers.get("ann") ?? [])]);
  });

  it("and the other options of the connection count, wherever they stand in their object", async () => {
    const { connections } = await whoOf([
      { query: { a: "1", b: "2" } },
      { query: { b: "2", a: "1" } },
      { query: { a: "1", b: "2", auth: "x" } },
      { query: { a: "1", b: "2", auth: "y" } },
      { query: { a: "1", b: "2" }, timeout: 5000, ackTimeout: 10, reconnectionDelay: 20 },
    ]);
    expect(connections).toBe(3);
  });

  it.each<[string, IoOptions]>([
    ["forceNew", { forceNew: true }],
    ["no multiplexing", { multiplex: false }],
    ["an option that can't be compared", { transportOptions: { websocket: { map: new Map() } } }],
  ])("does not matter where the options ask for a connection of the tab's own: %s", async (_name, options) => {
    const { io, url } = await start();
    const shared = openTab(url);
    await connected(shared);
    const tab = openTab(url, options);
    await connected(tab);
    expect([io.engine.clientsCount, tab.io.opts.shared, tab.id === shared.id]).toEqual([2, false, false]);
  });

  it("does not matter with a parser, which can't leave its tab", async () => {
    const { io, url } = await start({ parser });
    const tab = openTab(url, { parser });
    await connected(tab);
    expect([io.engine.clientsCount, tab.io.opts.shared]).toEqual([1, false]);
  });
});

describe("binary data", () => {
  it("passes both ways and in answers, as it was, and stays with who sent it", async () => {
    const { io, url } = await start();
    io.on("connection", (socket) =>
      socket.on("echo", (...args: unknown[]) => {
        const answer = args.pop() as (...args: unknown[]) => void;
        io.emit("echoed", ...args);
        answer(...args);
      }),
    );
    const tabs = [openTab(url), openTab(url)] as const;
    await connected(...tabs);
    const heard = tabs.map((tab) => once(tab, "echoed"));
    const large = new Uint8Array(100_000).map((_, index) => index % 251);
    const sent = [large.buffer, { view: large.subarray(10, 20), deep: [new DataView(large.buffer, 99_998)] }, "text"];
    const answer = new Promise<unknown[]>((resolve) => {
      tabs[0].emit("echo", ...sent, (...args: unknown[]) => resolve(args));
    });
    const bytes = (value: unknown): number[] => [...(value as Uint8Array)];
    for (const got of [await answer, ...(await Promise.all(heard))]) {
      const [all, { view, deep }, text] = got as [unknown, { view: unknown; deep: unknown[] }, string];
      expect(Buffer.compare(Buffer.from(all as Uint8Array), large)).toBe(0);
      expect([bytes(view), bytes(deep[0]), text]).toEqual([
        [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
        [99_998 % 251, 99_999 % 251],
        "text",
      ]);
    }
    expect([large.byteLength, large[5]]).toEqual([100_000, 5]);
  });
});
