import { once, turns } from "@everwire/testkit";
import { describe, expect, it, vi } from "vitest";
import type { Socket } from "./socket.js";
import { connect, pair, raw } from "../test/stock-client.js";

describe("acknowledgements", () => {
  it("are asked for by a callback or a promise", async () => {
    const { socket, client } = await pair();
    client.on("sum", (a: number, b: number, answer) => answer(a + b, "more"));
    const answer = await new Promise((resolve) => socket.emit("sum", 1, 2, (...args: unknown[]) => resolve(args)));
    expect(answer).toEqual([3, "more"]);
    expect(await socket.emitWithAck("sum", 2, 3)).toBe(5);
  });

  it("carry binary both ways", async () => {
    const { socket, client } = await pair();
    client.on("bytes", (bytes, answer) => answer(Buffer.concat([bytes, bytes])));
    expect(await socket.emitWithAck("bytes", Buffer.from("x"))).toEqual(Buffer.from("xx"));
    socket.on("bytes", (bytes, answer) => answer({ bytes }));
    expect(await client.emitWithAck("bytes", Buffer.from("y"))).toEqual({ bytes: Buffer.from("y") });
  });

  it("time out with an error, and a late answer is ignored", async () => {
    const { socket, wire } = await raw();
    const answers: unknown[] = [];
    socket.timeout(20).emit("slow", (...args: unknown[]) => answers.push(args));
    const text = await wire.nextText();
    const error = await socket
      .timeout(20)
      .emitWithAck("slow")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "operation has timed out", code: "ERR_ACK_TIMEOUT" });
    wire.send(text.replace(/^42(\d+).*/, '43$1["late"]'));
    wire.send('43999["made up"]');
    wire.send('42["end"]');
    await once(socket, "end");
    expect(answers).toHaveLength(1);
    expect(socket.acks.size).toBe(0);
  });

  it("come in time with null before the answer", async () => {
    const { socket, client } = await pair();
    client.on("fast", (answer) => answer("here"));
    const args = await new Promise((resolve) =>
      socket.timeout(5_000).emit("fast", (...answer: unknown[]) => resolve(answer)),
    );
    expect(args).toEqual([null, "here"]);
    expect(await socket.timeout(5_000).emitWithAck("fast")).toBe("here");
  });

  it("with a timeout end with it when the client goes away; those without one are forgotten", async () => {
    const { socket, client } = await pair();
    const asked = socket.timeout(50).emitWithAck("never");
    const unheard = vi.fn();
    socket.emit("never", unheard);
    client.disconnect();
    await once(socket, "disconnect");
    expect(socket.acks.size).toBe(0);
    await expect(asked).rejects.toMatchObject({ message: "operation has timed out" });
    expect(unheard).not.toHaveBeenCalled();
  });

  it("count once: a listener that answers twice is heard once", async () => {
    const { socket, wire } = await raw();
    socket.on("m", (answer) => {
      answer(1);
      answer(2);
    });
    wire.send('425["m"]');
    wire.send('426["m"]');
    expect(await wire.nextText()).toBe("435[1]");
    expect(await wire.nextText()).toBe("436[1]");
  });

  it("may be given with id 0", async () => {
    const { socket, wire } = await raw();
    socket.on("m", (answer) => answer());
    wire.send('420["m"]');
    expect(await wire.nextText()).toBe("430[]");
  });

  it("are drawn from one counter a namespace", async () => {
    const { io, socket, client, url } = await pair();
    const other = connect(url);
    const [second] = await once<[Socket]>(io, "connection");
    const ids: unknown[] = [];
    for (const one of [socket, second]) one.onAnyOutgoing(() => ids.push(io.sockets._ids));
    client.on("m", (answer) => answer());
    other.on("m", (answer) => answer());
    await socket.emitWithAck("m");
    await second.emitWithAck("m");
    expect(io.sockets._ids).toBe(2);
  });
});

describe("flags", () => {
  it("count for one event only", async () => {
    const { socket, wire } = await raw();
    expect(socket.volatile.compress(false)).toBe(socket);
    socket.emit("first");
    expect(await wire.nextText()).toBe('42["first"]');
    socket.emit("second");
    socket.emit("third");
    expect(await wire.nextText()).toBe('42["second"]');
    expect(await wire.nextText()).toBe('42["third"]');
  });

  it("volatile: of several events in one turn one arrives, and none while the client does not read", async () => {
    const { socket, wire } = await raw();
    for (let n = 0; n < 3; n++) socket.volatile.emit("m", n);
    await turns();
    socket.emit("end");
    expect(await wire.nextText()).toBe('42["m",0]');
    expect(await wire.nextText()).toBe('42["end"]');
  });

  it("volatile: a packet with attachments goes whole or not at all", async () => {
    const { socket, wire } = await raw();
    socket.volatile.emit("m", Buffer.from("1"));
    socket.volatile.emit("m", Buffer.from("2"));
    await turns();
    socket.emit("end");
    expect(await wire.nextText()).toContain("451-");
    expect(await wire.nextRaw()).toEqual(Buffer.from("1"));
    expect(await wire.nextText()).toBe('42["end"]');
  });
});
