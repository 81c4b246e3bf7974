// Engine.IO protocol revision 3 over WebSocket, and the upgrade to it: binary frames with their type as first byte, `b4` for clients
// that ask for base64.
import { collect, once, type RawWebSocket } from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { describe, expect, test } from "vitest";
import { legacyBinaryPayload, legacyEngine } from "./support-v3.js";

async function opened(
  options: Parameters<typeof legacyEngine>[0] = {},
  query: Record<string, string> = {},
): Promise<{ socket: RawWebSocket; session: Session }> {
  const { old, nextSession } = await legacyEngine(options);
  const connected = nextSession();
  const socket = await old.websocket(query, { perMessageDeflate: options.perMessageDeflate !== undefined });
  return { socket, session: await connected };
}

const LARGE = Buffer.alloc(40_000, 9);

describe.each([
  ["written by the engine", {}],
  ["written by ws, compressed", { perMessageDeflate: { threshold: 0 } }],
] as const)("frames of revision 3, %s", (_how, options) => {
  test("carry binary behind a byte with its type", async () => {
    const { socket, session } = await opened(options);
    expect(session.protocol).toBe(3);
    session.send("é😀");
    session.send(Buffer.from([0, 255]));
    session.send(Buffer.alloc(0));
    session.send(LARGE);
    session.send("end");
    expect(await socket.nextRaw()).toBe("4é😀");
    expect(await socket.nextRaw()).toEqual(Buffer.from([4, 0, 255]));
    expect(await socket.nextRaw()).toEqual(Buffer.from([4]));
    expect(await socket.nextRaw()).toEqual(Buffer.concat([Buffer.from([4]), LARGE]));
    expect(await socket.nextRaw()).toBe("4end");
  });

  test("carry binary as base64 for a client that asked for it", async () => {
    const { socket, session } = await opened(options, { b64: "1" });
    session.send("text");
    session.send(Buffer.from([0, 255]));
    session.send(LARGE);
    expect(await socket.nextRaw()).toBe("4text");
    expect(await socket.nextRaw()).toBe("b4AP8=");
    expect(await socket.nextRaw()).toBe(`b4${LARGE.toString("base64")}`);
  });
});

describe("frames of revision 3 from the client", () => {
  test("are heard: text, bytes behind their type, base64", async () => {
    const { socket, session } = await opened();
    const heard = collect(session, "message", 4);
    socket.send("4é😀");
    socket.send(Buffer.from([4, 0, 255]));
    socket.send("b4AP8=");
    socket.send(Buffer.from([4]));
    expect((await heard).map(([data]) => data)).toEqual([
      "é😀",
      Buffer.from([0, 255]),
      Buffer.from([0, 255]),
      Buffer.alloc(0),
    ]);
  });

  test("that ping are answered", async () => {
    const { socket } = await opened();
    socket.send("2");
    expect(await socket.nextRaw()).toBe("3");
  });

  test.each([
    ["nothing", ""],
    ["an unknown type", "9"],
    ["bytes without a type", Buffer.alloc(0)],
    ["bytes of an unknown type", Buffer.from([9, 1])],
    ["the digit as type of bytes", Buffer.from("4a")],
    ["base64 without a type", "b"],
    ["base64 that is no message", "b2AA=="],
  ])("with %s end the session with a parse error", async (_what, message) => {
    const { socket, session } = await opened();
    const ended = once(session, "close");
    socket.send(message);
    expect(await ended).toMatchObject(["parse error", { code: "ERR_PACKET_MALFORMED" }]);
    await socket.closed();
  });

  test("that pong end the session, as does silence", async () => {
    const { socket, session } = await opened();
    const ended = once(session, "close");
    socket.send("3");
    expect(await ended).toMatchObject(["transport error", { code: "ERR_HEARTBEAT_DIRECTION" }]);
    const silent = await opened({ pingInterval: 60, pingTimeout: 40 });
    expect((await once(silent.session, "close"))[0]).toBe("ping timeout");
    expect(silent.socket.pending).toEqual([]);
  });
});

describe("a packet that clients of both revisions get", () => {
  test("has its own form for each, whoever is first", async () => {
    const { old, client, engine } = await legacyEngine();
    const sockets: RawWebSocket[] = [];
    for (let round = 0; round < 2; round++) {
      sockets.push(await old.websocket(), await client.websocket());
      sockets.push(await old.websocket({ b64: "1" }), await client.websocket({ b64: "1" }));
    }
    const { OutgoingPacket } = await import("@everwire/server/engine");
    const bytes = Buffer.from([4, 0, 255]);
    const packet = new OutgoingPacket("message", bytes);
    const text = new OutgoingPacket("message", "text");
    // Twice: forms are kept from the second use on.
    for (let round = 0; round < 2; round++) {
      for (const session of Object.values(engine.clients).reverse()) {
        session.sendPacket(packet);
        session.sendPacket(text);
      }
      for (const [index, socket] of sockets.entries()) {
        const forms = [Buffer.from([4, 4, 0, 255]), bytes, "b4BAD/", "bBAD/"];
        expect(await socket.nextRaw()).toEqual(forms[index % forms.length]);
        expect(await socket.nextRaw()).toBe("4text");
      }
    }
  });

  test("and that brings a ready frame, uses it for text only", async () => {
    const { socket, session } = await opened();
    const frame = [Buffer.from([0x81, 2]), Buffer.from("4a")];
    session.send("a", { wsPreEncodedFrame: frame });
    session.send(Buffer.from("a"), { wsPreEncodedFrame: [Buffer.from([0x82, 1]), Buffer.from("a")] });
    expect(await socket.nextRaw()).toBe("4a");
    expect(await socket.nextRaw()).toEqual(Buffer.from([4, 0x61]));
  });
});

describe("upgrade of a session of revision 3", () => {
  test("moves from binary payloads to binary frames, in order", async () => {
    const { polling: open, old, nextSession } = await legacyEngine();
    const connected = nextSession();
    const polling = await open();
    const session = await connected;
    const upgraded = once(session, "upgrade");
    session.send(Buffer.from([1]));
    expect((await polling.request()).raw).toEqual(legacyBinaryPayload(Buffer.from([4, 1])));
    const poll = polling.packets();
    const socket = await old.probe(polling.sid);
    expect(await poll).toEqual(["6"]);
    session.send(Buffer.from([2]));
    socket.send("5");
    await upgraded;
    session.send("3");
    expect(await socket.nextRaw()).toEqual(Buffer.from([4, 2]));
    expect(await socket.nextRaw()).toBe("43");
    socket.send("2");
    expect(await socket.nextRaw()).toBe("3");
    const answer = await polling.request();
    expect(answer.status).toBe(400);
  });

  test("is given up for anything but the probe, and the session lives", async () => {
    const { polling: open, old, engine } = await legacyEngine();
    const polling = await open();
    const socket = await old.socket({ sid: polling.sid });
    socket.send(Buffer.from([4, 1]));
    await socket.closed();
    expect(engine.clientsCount).toBe(1);
    expect((await polling.push("2")).status).toBe(200);
    expect(await polling.packets()).toEqual(["3"]);
  });
});
