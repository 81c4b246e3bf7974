import { deferred, once, turns } from "@everwire/testkit";
import { describe, expect, it } from "vitest";
import { pair, raw } from "../test/stock-client.js";

describe("catch-all listeners", () => {
  it("hear what comes in, before the listeners of the event, and can be taken off", async () => {
    const { socket, wire } = await raw();
    const seen: unknown[] = [];
    const second = (...args: unknown[]): void => void seen.push(["second", ...args]);
    const first = (...args: unknown[]): void => void seen.push(["first", ...args]);
    expect(socket.onAny(second)).toBe(socket);
    expect(socket.prependAny(first)).toBe(socket);
    socket.on("m", (...args) => seen.push(["listener", ...args]));
    expect(socket.listenersAny()).toEqual([first, second]);
    wire.send('42["m",1]');
    await once(socket, "m");
    socket.offAny(first);
    socket.offAny(() => undefined);
    wire.send('42["m",2]');
    await once(socket, "m");
    expect(socket.offAny()).toBe(socket);
    expect(socket.listenersAny()).toEqual([]);
    wire.send('42["m",3]');
    await once(socket, "m");
    expect(seen).toEqual([
      ["first", "m", 1],
      ["second", "m", 1],
      ["listener", 1],
      ["second", "m", 2],
      ["listener", 2],
      ["listener", 3],
    ]);
  });

  it("hear what goes out, broadcasts too, with the binary as it was; acknowledgements are no events", async () => {
    const { io, socket, client } = await pair();
    const seen: unknown[] = [];
    const first = (...args: unknown[]): void => void seen.push(args);
    socket.onAnyOutgoing((...args) => seen.push(["second", ...args]));
    expect(socket.prependAnyOutgoing(first)).toBe(socket);
    expect(socket.listenersAnyOutgoing()).toHaveLength(2);
    const bytes = Buffer.from("x");
    socket.emit("own", bytes);
    socket.offAnyOutgoing(first);
    io.emit("all", 1);
    socket.on("asked", (answer) => answer());
    await client.emitWithAck("asked");
    socket.offAnyOutgoing();
    expect(socket.listenersAnyOutgoing()).toEqual([]);
    socket.emit("unheard");
    expect(seen).toEqual([
      ["own", bytes],
      ["second", "own", bytes],
      ["second", "all", 1],
    ]);
  });
});

describe("packet middlewares", () => {
  it("see each event in order and may alter it", async () => {
    const { socket, client } = await pair();
    socket.use((event, next) => {
      event[1] = `${String(event[1])}!`;
      next();
    });
    socket.use((event, next) => {
      event[1] = `${String(event[1])}?`;
      setTimeout(next, 1);
    });
    socket.on("m", (text, answer) => answer(text));
    expect(await client.emitWithAck("m", "hi")).toBe("hi!?");
  });

  it("drop an event by an error, which goes to the error listeners", async () => {
    const { socket, client } = await pair();
    socket.use(([event], next) => next(event === "bad" ? new Error("no") : undefined));
    const heard = once<[Error]>(socket, "error");
    socket.on("bad", () => expect.unreachable());
    client.emit("bad");
    expect((await heard)[0].message).toBe("no");
    client.emit("bad");
    client.emit("good");
    await once(socket, "good");
  });

  it("come to nothing when the socket is gone before they are through", async () => {
    const { socket, client } = await pair();
    const held = deferred<() => void>();
    socket.use((_event, next) => held.resolve(next));
    socket.on("m", () => expect.unreachable());
    client.emit("m");
    const next = await held.promise;
    client.disconnect();
    await once(socket, "disconnect");
    next();
    await turns();
  });
});
