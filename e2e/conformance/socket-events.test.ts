// Events and acknowledgements on the wire: Socket.IO protocol v5, "Sending and receiving data" and "Packet encoding".
import { once, type RawSession } from "@everwire/testkit";
import type { Server, Socket } from "@everwire/server";
import { describe, expect, test } from "vitest";
import { serverUnderTest } from "./support.js";

type Ack = (...args: unknown[]) => void;

async function joined(namespace = "/"): Promise<{ io: Server; server: Socket; socket: RawSession }> {
  const { client, io } = await serverUnderTest();
  const connected = once<[Socket]>(io.of(namespace), "connection");
  const { socket } = await client.connected(namespace);
  return { io, server: (await connected)[0], socket };
}

describe("from the client", () => {
  test.each([
    { title: "no argument", packet: '42["m"]', args: [] },
    { title: "a string", packet: '42["m","€uro 🎉"]', args: ["€uro 🎉"] },
    {
      title: "many kinds",
      packet: '42["m",1,-2.5,true,false,null,[1,[2]],{"a":{"b":"c"}}]',
      args: [1, -2.5, true, false, null, [1, [2]], { a: { b: "c" } }],
    },
    { title: "a lone surrogate", packet: '42["m","\\ud800"]', args: ["\ud800"] },
    { title: "spaces in the JSON", packet: '42[ "m" , 1 ]', args: [1] },
  ])("an event with $title is heard", async ({ packet, args }) => {
    const { server, socket } = await joined();
    const heard = once(server, "m");
    socket.send(packet);
    expect(await heard).toEqual(args);
    await socket.close();
  });

  test("an event whose name is a number is heard under its text", async () => {
    const { server, socket } = await joined();
    const heard = once(server, "5");
    socket.send('42[5,"x"]');
    expect(await heard).toEqual(["x"]);
    await socket.close();
  });

  test("events keep their order, those with binary too", async () => {
    const { server, socket } = await joined();
    const order: unknown[] = [];
    const last = once(server, "last");
    server.onAny((event: string, arg: unknown) => order.push([event, arg]));
    socket.send('42["a",1]');
    socket.send('451-["b",{"_placeholder":true,"num":0}]');
    socket.send(Buffer.from([1, 2]));
    socket.send('42["c",3]');
    socket.send('42["last",4]');
    await last;
    expect(order).toEqual([
      ["a", 1],
      ["b", Buffer.from([1, 2])],
      ["c", 3],
      ["last", 4],
    ]);
    await socket.close();
  });

  test("binary is put where its placeholder was, nested and many times", async () => {
    const { server, socket } = await joined();
    const heard = once(server, "m");
    socket.send('452-["m",{"a":{"_placeholder":true,"num":1},"l":[{"_placeholder":true,"num":0}]},"end"]');
    socket.send(Buffer.from("zero"));
    socket.send(Buffer.from("one"));
    expect(await heard).toEqual([{ a: Buffer.from("one"), l: [Buffer.from("zero")] }, "end"]);
    await socket.close();
  });

  test("events of a namespace reach only it", async () => {
    const { io, server, socket } = await joined("/chat");
    const heard = once(server, "m");
    let elsewhere = false;
    io.of("/").on("connection", (other: Socket) => {
      other.onAny(() => {
        elsewhere = true;
      });
    });
    socket.send("40");
    await socket.nextText();
    socket.send('42/chat,["m","x"]');
    expect(await heard).toEqual(["x"]);
    expect(elsewhere).toBe(false);
    await socket.close();
  });

  test("over polling text and binary are heard", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const polling = await client.polling();
    await polling.push("40");
    const [server] = await connected;
    const heard = once(server, "m");
    const binary = once(server, "n");
    await polling.push('42["m","€"]', '451-["n",{"_placeholder":true,"num":0}]', "bBAUG");
    expect(await heard).toEqual(["€"]);
    expect(await binary).toEqual([Buffer.from([4, 5, 6])]);
    await polling.close();
  });
});

describe("to the client", () => {
  test.each([
    { title: "no argument", args: [], packet: '42["m"]' },
    { title: "text", args: ['q"\\', "€", "\u2028"], packet: '42["m","q\\"\\\\","€","\u2028"]' },
    { title: "many kinds", args: [1, null, false, { a: [] }], packet: '42["m",1,null,false,{"a":[]}]' },
    { title: "undefined", args: [undefined, { u: undefined }], packet: '42["m",null,{}]' },
    { title: "a date", args: [new Date(0)], packet: '42["m","1970-01-01T00:00:00.000Z"]' },
  ])("an event with $title", async ({ args, packet }) => {
    const { server, socket } = await joined();
    server.emit("m", ...args);
    expect(await socket.nextText()).toBe(packet);
    await socket.close();
  });

  test("in a namespace names it", async () => {
    const { server, socket } = await joined("/chat");
    server.emit("m", 1);
    expect(await socket.nextText()).toBe('42/chat,["m",1]');
    await socket.close();
  });

  test("binary leaves as placeholders and frames behind them", async () => {
    const { server, socket } = await joined();
    const bytes = new Uint8Array([1, 2, 3, 4]);
    server.emit("m", Buffer.from("one"), { deep: [bytes.subarray(1, 3)] }, bytes.buffer);
    expect(await socket.nextText()).toBe(
      '453-["m",{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":2}]',
    );
    expect(await socket.next()).toEqual(Buffer.from("one"));
    expect(await socket.next()).toEqual(Buffer.from([2, 3]));
    expect(await socket.next()).toEqual(Buffer.from([1, 2, 3, 4]));
    await socket.close();
  });

  test("binary over polling is base64 behind its packet", async () => {
    const { client, io } = await serverUnderTest();
    const connected = once<[Socket]>(io, "connection");
    const polling = await client.polling();
    await polling.push("40");
    const [server] = await connected;
    await polling.next();
    server.emit("m", Buffer.from([1, 2, 3]));
    expect(await polling.next()).toBe('451-["m",{"_placeholder":true,"num":0}]');
    expect(await polling.next()).toBe("bAQID");
    await polling.close();
  });

  test("a broadcast reaches every socket of its room once, and nobody else", async () => {
    const { client, io } = await serverUnderTest();
    io.on("connection", (server: Socket) => {
      server.on("join", (rooms: string[], ack: Ack) => {
        void server.join(rooms);
        ack();
      });
    });
    const sockets = [];
    for (const rooms of [["a"], ["a", "b"], ["c"]]) {
      const { socket } = await client.connected();
      socket.send(`421["join",${JSON.stringify(rooms)}]`);
      expect(await socket.nextText()).toBe("431[]");
      sockets.push(socket);
    }
    io.to("a")
      .to("b")
      .emit("m", { text: "€" }, Buffer.from([7]));
    io.emit("end");
    const [one, two, three] = sockets as [RawSession, RawSession, RawSession];
    for (const socket of [one, two]) {
      expect(await socket.nextText()).toBe('451-["m",{"text":"€"},{"_placeholder":true,"num":0}]');
      expect(await socket.next()).toEqual(Buffer.from([7]));
      expect(await socket.nextText()).toBe('42["end"]');
    }
    expect(await three.nextText()).toBe('42["end"]');
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});

describe("acknowledgements", () => {
  test.each([
    { title: "without arguments", packet: '4212["m"]', args: [], answer: "4312[]" },
    { title: "with arguments", packet: '420["m",1]', args: ["ok", { a: 1 }], answer: '430["ok",{"a":1}]' },
    { title: "with a large id", packet: '429007199254740991["m"]', args: [1], answer: "439007199254740991[1]" },
  ])("from the server $title", async ({ packet, args, answer }) => {
    const { server, socket } = await joined();
    server.on("m", (...all: unknown[]) => {
      (all.at(-1) as Ack)(...args);
      (all.at(-1) as Ack)("a second call is ignored");
    });
    socket.send(packet);
    expect(await socket.nextText()).toBe(answer);
    server.emit("end");
    expect(await socket.nextText()).toBe('42["end"]');
    await socket.close();
  });

  test("from the server with binary", async () => {
    const { server, socket } = await joined("/chat");
    server.on("m", (data: Buffer, ack: Ack) => {
      ack(data, "and text");
    });
    socket.send('451-/chat,7["m",{"_placeholder":true,"num":0}]');
    socket.send(Buffer.from([1, 2]));
    expect(await socket.nextText()).toBe('461-/chat,7[{"_placeholder":true,"num":0},"and text"]');
    expect(await socket.next()).toEqual(Buffer.from([1, 2]));
    await socket.close();
  });

  test("asked of the client, answered with text and with binary", async () => {
    const { server, socket } = await joined();
    const text = server.emitWithAck("m", 1);
    const first = await socket.nextText();
    const id = /^42(\d+)\["m",1\]$/.exec(first)?.[1] ?? "";
    expect(id).not.toBe("");
    socket.send(`43${id}["fine"]`);
    expect(await text).toBe("fine");
    const binary = server.emitWithAck("m", 2);
    const next = /^42(\d+)/.exec(await socket.nextText())?.[1] ?? "";
    expect(next).not.toBe(id);
    socket.send(`461-${next}[{"_placeholder":true,"num":0}]`);
    socket.send(Buffer.from([5]));
    expect(await binary).toEqual(Buffer.from([5]));
    await socket.close();
  });

  test("that never come time out, and come too late without harm", async () => {
    const { server, socket } = await joined();
    const asked = server.timeout(30).emitWithAck("m");
    const id = /^42(\d+)/.exec(await socket.nextText())?.[1] ?? "";
    await expect(asked).rejects.toThrow("operation has timed out");
    socket.send(`43${id}["late"]`);
    const heard = once(server, "still");
    socket.send('42["still"]');
    await heard;
    await socket.close();
  });

  test("answered twice, or never asked for, do no harm", async () => {
    const { server, socket } = await joined();
    let calls = 0;
    server.emit("m", () => {
      calls += 1;
    });
    const id = /^42(\d+)/.exec(await socket.nextText())?.[1] ?? "";
    socket.send(`43${id}[]`);
    socket.send(`43${id}[]`);
    socket.send("4399999[]");
    socket.send("43[]");
    const heard = once(server, "still");
    socket.send('42["still"]');
    await heard;
    expect(calls).toBe(1);
    await socket.close();
  });

  test("of a broadcast are collected", async () => {
    const { client, io } = await serverUnderTest();
    const sockets = [(await client.connected()).socket, (await client.connected()).socket];
    const asked = io.timeout(2_000).emitWithAck("m", "x");
    for (const [index, socket] of sockets.entries()) {
      const id = /^42(\d+)\["m","x"\]$/.exec(await socket.nextText())?.[1] ?? "";
      socket.send(`43${id}[${String(index)}]`);
    }
    expect([...((await asked) as number[])].sort()).toEqual([0, 1]);
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});
