// Engine.IO protocol revision 3 over long-polling (`allowEIO3`): who is let in, both payload formats, the direction of the heartbeat,
// and what malformed input does. What is stated here was seen on the wire of the stock server too, unless it says otherwise.
import { collect, httpRequest, once, until } from "@everwire/testkit";
import type { Socket as Session } from "@everwire/server/engine";
import { describe, expect, test } from "vitest";
import { engineUnderTest, REFUSAL } from "./support.js";
import { legacyBinaryPayload, legacyEngine, legacyPackets, legacyPayload, type LegacyPolling } from "./support-v3.js";

interface Opened {
  polling: LegacyPolling;
  session: Session;
}

async function opened(
  options: Parameters<typeof legacyEngine>[0] = {},
  query: Record<string, string> = {},
): Promise<Opened> {
  const under = await legacyEngine(options);
  const connected = under.nextSession();
  const polling = await under.polling(query);
  return { polling, session: await connected };
}

const BINARY = { method: "POST", headers: { "Content-Type": "application/octet-stream" } } as const;

describe("handshake of revision 3", () => {
  test("is refused with code 5 unless it is allowed", async () => {
    const { client, url, engine } = await engineUnderTest();
    const reported = once<[{ code: number; context: unknown }]>(engine, "connection_error");
    const answer = await httpRequest(client.url("polling", { EIO: "3" }));
    expect([answer.status, answer.json()]).toEqual([400, REFUSAL.UNSUPPORTED_PROTOCOL_VERSION]);
    expect((await reported)[0]).toMatchObject({ code: 5, context: { protocol: 3 } });
    expect((await httpRequest(`${url}/engine.io/?transport=polling`)).json()).toEqual(
      REFUSAL.UNSUPPORTED_PROTOCOL_VERSION,
    );
    await expect(client.websocket({ EIO: "3" })).rejects.toThrow("Unsupported protocol version");
  });

  test.each([[{ EIO: "3" }], [{ EIO: "" }], [{ EIO: "2" }], [{ EIO: "x" }]])(
    "is what %o asks for, where it is allowed",
    async (query) => {
      const { session, polling } = await opened({ pingInterval: 1234, pingTimeout: 567 }, query);
      expect(session.protocol).toBe(3);
      expect(polling.handshake).toEqual({
        sid: session.id,
        upgrades: ["websocket"],
        pingInterval: 1234,
        pingTimeout: 567,
        maxPayload: 1_000_000,
      });
      expect(polling.opening.headers["content-type"]).toBe("text/plain; charset=UTF-8");
      expect(polling.opening.headers["cache-control"]).toBe("no-store");
    },
  );

  test("leaves clients of revision 4 as they were", async () => {
    const { client, nextSession } = await legacyEngine();
    const connected = nextSession();
    const polling = await client.polling();
    const session = await connected;
    expect(session.protocol).toBe(4);
    expect(polling.opening.text).toMatch(/^0\{/);
    const ended = once(session, "close");
    await polling.push("2");
    expect(await ended).toMatchObject(["transport error", { code: "ERR_HEARTBEAT_DIRECTION" }]);
  });

  test("fixes the revision: a request of the other one is refused with PROTOCOL_MISMATCH, and the session lives", async () => {
    const { polling: open, client, engine } = await legacyEngine();
    const old = await open();
    const today = await client.polling();
    for (const [answer, context] of [
      [() => old.request({ query: { EIO: "4" } }), { protocol: 4, previousProtocol: 3 }],
      [() => today.request({ query: { EIO: "3" } }), { protocol: 3, previousProtocol: 4 }],
      [() => today.request({ query: { EIO: "" } }), { protocol: 3, previousProtocol: 4 }],
    ] as const) {
      const reported = once<[{ context: unknown }]>(engine, "connection_error");
      const refused = await answer();
      expect([refused.status, refused.json()]).toEqual([400, REFUSAL.BAD_REQUEST]);
      expect((await reported)[0].context).toEqual({ name: "PROTOCOL_MISMATCH", ...context });
    }
    await expect(client.socket({ sid: old.sid })).rejects.toThrow("Bad request");
    await expect(client.socket({ sid: today.sid, EIO: "3" })).rejects.toThrow("Bad request");
    expect(engine.clientsCount).toBe(2);
    expect((await old.push("2")).status).toBe(200);
  });
});

describe("payloads of revision 3 to the client", () => {
  test("are text, with lengths in UTF-16 units", async () => {
    const { polling, session } = await opened();
    session.send("é😀");
    session.send("");
    const answer = await polling.request();
    expect(answer.headers["content-type"]).toBe("text/plain; charset=UTF-8");
    expect(answer.text).toBe("4:4é😀1:4");
  });

  test("are bytes where one of the packets is binary, with lengths in bytes", async () => {
    const { polling, session } = await opened();
    session.send("é😀");
    session.send(Buffer.from([0, 255, 4]));
    session.send(new Uint16Array([1, 2]).subarray(1));
    session.send(Buffer.alloc(0));
    const answer = await polling.request();
    expect(answer.headers["content-type"]).toBe("application/octet-stream");
    expect(Number(answer.headers["content-length"])).toBe(answer.raw.length);
    expect(answer.raw).toEqual(
      legacyBinaryPayload("4é😀", Buffer.from([4, 0, 255, 4]), Buffer.from([4, 2, 0]), Buffer.from([4])),
    );
  });

  test("are text with base64 for a client that asked for it", async () => {
    const { polling, session } = await opened({}, { b64: "1" });
    expect(session.transport.supportsBinary).toBe(false);
    session.send("text");
    session.send(Buffer.from([0, 255]));
    expect(await polling.packets()).toEqual(["4text", "b4AP8="]);
  });

  test("are compressed as others are", async () => {
    const { polling, session } = await opened();
    const bytes = Buffer.alloc(5_000, 7);
    session.send(bytes);
    const answer = await polling.request({ headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(answer.headers["content-type"]).toBe("application/octet-stream");
    session.send("x".repeat(5_000));
    const text = await polling.request({ headers: { "Accept-Encoding": "gzip" } });
    expect(text.headers["content-encoding"]).toBe("gzip");
    expect(legacyPackets(text.text)).toEqual([`4${"x".repeat(5_000)}`]);
  });

  test("carry noop and close when the session is closed", async () => {
    const { polling, session } = await opened();
    session.close();
    expect(await polling.packets()).toEqual(["6", "1"]);
  });
});

describe("payloads of revision 3 from the client", () => {
  test("are heard in text, in order, with binary as base64", async () => {
    const { polling, session } = await opened();
    const heard = collect(session, "message", 4);
    const answer = await polling.push("4é😀", "b4AP8=", "42:4x", "b4");
    expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([200, "ok", "text/html"]);
    expect((await heard).map(([data]) => data)).toEqual(["é😀", Buffer.from([0, 255]), "2:4x", Buffer.alloc(0)]);
  });

  test("are heard in bytes, wherever the body is cut", async () => {
    const { polling, session } = await opened();
    const heard = collect(session, "message", 3);
    const body = legacyBinaryPayload("4é😀", Buffer.from([4, 9, 0, 255]), "4end");
    const chunks = Array.from(body, (_, index) => body.subarray(index, index + 1));
    expect((await polling.request({ ...BINARY, body: chunks })).text).toBe("ok");
    expect((await heard).map(([data]) => data)).toEqual(["é😀", Buffer.from([9, 0, 255]), "end"]);
  });

  test("end the session when the client says close, and release its poll", async () => {
    const { polling, session } = await opened();
    const ended = once(session, "close");
    const poll = polling.packets();
    await until(() => session.transport.writable, "the poll");
    await polling.push("1");
    expect(await poll).toEqual(["6"]);
    expect((await ended)[0]).toBe("transport close");
  });

  test("over the limit are answered 413, and the session lives", async () => {
    const { polling, session } = await opened({ maxHttpBufferSize: 100 });
    expect((await polling.push(`4${"x".repeat(100)}`)).status).toBe(413);
    expect((await polling.post(legacyBinaryPayload(Buffer.alloc(100, 4)))).status).toBe(413);
    expect(session.readyState).toBe("open");
  });

  test.each([
    ["nothing", ""],
    ["no length", ":4a"],
    ["a length of 0", "0:"],
    ["more than is there", "9:4a"],
    ["a length that no memory holds", "9999999999:4a"],
    ["a length of a thousand digits", `${"1".repeat(1_000)}:4a`],
    ["a negative length", "-1:4a"],
    ["an unknown type", "1:9"],
    ["trailing text", "2:4ax"],
    ["a payload of revision 4", "4a\x1e4b"],
    ["binary that is no message", "4:b2AA"],
  ])("with %s end the session with a parse error", async (_what, body) => {
    const { polling, session } = await opened();
    const ended = once(session, "close");
    await polling.post(body);
    expect(await ended).toMatchObject(["parse error", { code: "ERR_PAYLOAD_MALFORMED" }]);
  });

  test.each([
    ["nothing", []],
    ["a kind and no more", [0]],
    ["an endless length", [0, ...Array<number>(2_000).fill(1)]],
    ["a length of 0", [0, 0, 255]],
    ["more than is there", [1, 9, 255, 4]],
    ["a length that no memory holds", [1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 255, 4]],
    ["an unknown kind", [2, 1, 255, 4]],
    ["a digit that is none", [0, 48, 255, 54]],
    ["an unknown type", [1, 1, 255, 9]],
    ["trailing bytes", [0, 1, 255, 54, 0]],
  ])("in bytes with %s end the session with a parse error", async (_what, body) => {
    const { polling, session } = await opened();
    const ended = once(session, "close");
    await polling.post(Buffer.from(body));
    expect(await ended).toMatchObject(["parse error", { code: "ERR_PAYLOAD_MALFORMED" }]);
  });

  test("of more packets than any honest client sends end the session", async () => {
    const { polling, session } = await opened();
    const ended = once(session, "close");
    await polling.post("1:6".repeat(50_001));
    expect((await ended)[0]).toBe("parse error");
  });

  test("hear what came before the malformed packet", async () => {
    const { polling, session } = await opened();
    const heard = once(session, "message");
    const ended = once(session, "close");
    await polling.post(`${legacyPayload("4first")}zz`);
    expect((await heard)[0]).toBe("first");
    expect((await ended)[0]).toBe("parse error");
  });
});

describe("heartbeat of revision 3", () => {
  test("the client pings, and every ping is answered, without its data", async () => {
    const { polling, session } = await opened();
    const beats = collect(session, "heartbeat", 3);
    await polling.push("2", "2", "2probe");
    await beats;
    expect(await polling.packets()).toEqual(["3", "3", "3"]);
  });

  test("the server never pings, and gives up when no ping came for interval and timeout together", async () => {
    const { polling, session } = await opened({ pingInterval: 100, pingTimeout: 50 });
    const ended = once(session, "close");
    const poll = polling.packets();
    expect((await ended)[0]).toBe("ping timeout");
    expect(await poll).toEqual(["1"]);
  });

  test("a pong comes from the wrong direction and ends the session", async () => {
    const { polling, session } = await opened();
    const ended = once(session, "close");
    await polling.push("3");
    expect(await ended).toMatchObject(["transport error", { code: "ERR_HEARTBEAT_DIRECTION" }]);
  });

  test("a flood of pings that nobody polls for is cut off", async () => {
    const { polling, session } = await opened({ maxBufferedBytes: 20_000 });
    const ended = once(session, "close");
    await polling.post("1:2".repeat(1_000));
    expect((await ended)[0]).toBe("buffer overflow");
  });
});

describe("anything at all from a client of revision 3", () => {
  test("harms nobody else", async () => {
    const { polling: open, client, nextSession } = await legacyEngine();
    const connected = nextSession();
    const bystander = await client.websocket();
    const session = await connected;
    // A small generator with a seed, so that a failure comes again.
    let state = 7;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    const PIECES = [0, 1, 2, 4, 5, 9, 10, 48, 49, 50, 52, 54, 58, 98, 255];
    for (let round = 0; round < 60; round++) {
      const body = Buffer.from(Array.from({ length: random(30) }, () => PIECES[random(PIECES.length)] ?? 0));
      const answer = await (await open()).post(round % 2 === 0 ? body : body.toString("latin1"));
      expect([200, 400]).toContain(answer.status);
    }
    session.send("unharmed");
    expect(await bystander.next()).toBe("4unharmed");
  });
});
