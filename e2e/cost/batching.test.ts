// What "one write a turn" may not cost: order, a turn of delay, a bound on what waits, and what was emitted just before the end.
import { once, turns, until } from "@everwire/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Client, countedServer, PollingClient, settle } from "./counted-server.js";
import type { CountedServer } from "./counted-server.js";
import type { Socket } from "@everwire/server";

type Answer = (number: number) => void;

/** Ways to send a number to a client. */
const SENDERS: Record<string, (number: number, served: Socket, server: CountedServer, answers: Answer[]) => void> = {
  event: (number, served) => void served.emit("n", number),
  acknowledged: (number, served) => void served.emit("n", number, () => undefined),
  answer: (number, served, _server, answers) => {
    const answer = answers.pop();
    if (answer !== undefined) answer(number);
    else served.emit("n", number);
  },
  volatile: (number, served) => void served.volatile.emit("v", number),
  "small attachment": (number, served) => void served.emit("n", number, Buffer.alloc(10)),
  "large attachment": (number, served) => void served.emit("n", number, Buffer.alloc(20_000)),
  "large text": (number, served) => void served.emit("n", number, "x".repeat(20_000)),
  broadcast: (number, _served, { io }) => void io.emit("n", number),
  "broadcast with attachment": (number, _served, { io }) => void io.emit("n", number, Buffer.alloc(10)),
  "to the room of its id": (number, served, { io }) => void io.to(served.id).emit("n", number),
  "local broadcast": (number, _served, { io }) => void io.local.emit("n", number),
};
const TURN = "turn";

const steps = fc.array(fc.constantFrom(...Object.keys(SENDERS), TURN), { minLength: 20, maxLength: 60 });

/** The number in a packet, if there is one: the first of the data, behind the name of an event. */
function numberIn(text: string): number | undefined {
  const found = /^4[2356][^[]*\[(?:"[nv]",)?(\d+)/.exec(text);
  return found === null ? undefined : Number(found[1]);
}

describe.each([false, true])("resume %s:", (resume) => {
  test("nothing is reordered, whatever is sent in whichever way and turn", async () => {
    const server = await countedServer();
    const client = await Client.open(server, { resume });
    const other = await Client.open(server, { resume });
    const answers: Answer[] = [];
    client.served.on("ask", (answer: Answer) => answers.push(answer));
    let asked = 0;
    let next = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (names) => {
        client.send(...Array.from({ length: 5 }, () => `42${asked++}["ask"]`));
        await until(() => answers.length >= 5, "questions");
        const sure: number[] = [];
        const first = next;
        for (const name of names) {
          if (name === TURN) await turns(1);
          else {
            if (name !== "volatile") sure.push(next);
            SENDERS[name]?.(next++, client.served, server, answers);
          }
        }
        client.served.emit("end");
        const got: number[] = [];
        for (let text = ""; text !== '42["end"]';) {
          [text = ""] = await client.read(1);
          const number = numberIn(text);
          if (number !== undefined) got.push(number);
        }
        expect(got).toEqual([...got].sort((a, b) => a - b));
        expect(got.filter((number) => sure.includes(number))).toEqual(sure);
        expect(new Set(got).size).toBe(got.length);
        expect(got.every((number) => number >= first && number < next)).toBe(true);
      }),
      { numRuns: 30 },
    );
    other.tcp.destroy();
  });

  test("what is emitted before `disconnect(true)` arrives, and then the end", async () => {
    const client = await Client.open(await countedServer(), { resume });
    for (let index = 0; index < 100; index += 1) client.served.emit("n", index, Buffer.alloc(1));
    client.served.emit("last", "x".repeat(100_000));
    client.served.disconnect(true);
    const texts = await client.read(202);
    expect(texts.filter((text) => text.startsWith("4")).map(numberIn)).toEqual([
      ...Array.from({ length: 100 }, (_, index) => index),
      undefined,
      undefined,
    ]);
    expect(texts.at(-2)?.slice(0, 11)).toBe('42["last","');
    expect(texts.at(-1)).toBe("41");
    await client.tcp.readBytes(2);
    client.tcp.destroy();
  });
});

describe("a lone message has left one turn later", () => {
  const phases: Record<string, (run: () => void) => void> = {
    "a timer": (run) => void setTimeout(run, 1),
    "an immediate": (run) => void setImmediate(run),
    "a microtask": (run) => void Promise.resolve().then(run),
    "a tick": (run) => process.nextTick(run),
  };

  test.each(Object.entries(phases))("when it was emitted in %s", async (_, inPhase) => {
    const client = await Client.open(await countedServer());
    for (let index = 0; index < 20; index += 1) {
      const writes = await new Promise<number[]>((resolve) => {
        inPhase(() => {
          client.served.emit("n", index);
          const before = client.line.writes.length;
          setImmediate(() => resolve([before, client.line.writes.length]));
        });
      });
      expect(writes).toEqual([index, index + 1]);
    }
  });

  test("when it answers one that came in", async () => {
    const client = await Client.open(await countedServer());
    const seen: number[] = [];
    client.served.on("say", (answer: () => void) => {
      answer();
      setImmediate(() => seen.push(client.line.writes.length));
    });
    for (let index = 1; index <= 20; index += 1) {
      client.send(`42${index}["say"]`);
      expect(await client.read(1)).toEqual([`43${index}[]`]);
    }
    await until(() => seen.length === 20, "20 answers");
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  test("when it is emitted while others leave", async () => {
    const client = await Client.open(await countedServer());
    const written = await new Promise<number>((resolve) => {
      client.served.conn.once("flush", () => {
        client.served.emit("n", 2);
        setImmediate(() => resolve(client.line.writes.length));
      });
      client.served.emit("n", 1);
    });
    expect(written).toBe(2);
    expect(await client.read(2)).toEqual(['42["n",1]', '42["n",2]']);
  });

  test("when a poll waits for it", async () => {
    const client = await PollingClient.open(await countedServer());
    await client.poll();
    client.line.writes.length = 0;
    client.served.emit("n", 1);
    await turns(1);
    expect(client.line.writes).toHaveLength(1);
    expect((await client.tcp.readResponse()).body).toBe('42["n",1]');
  });
});

test("a listener that throws behind its emit takes nothing back", async () => {
  const server = await countedServer();
  const reported = once<[Error]>(server.io, "listener_error");
  const client = await Client.open(server);
  client.served.on("say", () => {
    client.served.emit("n", 1);
    throw new Error("behind the emit");
  });
  client.send('42["say"]');
  expect(await client.read(1)).toEqual(['42["n",1]']);
  expect((await reported)[0].message).toBe("behind the emit");
});

describe("a client that does not read", () => {
  const MAX_BYTES = 1024 * 1024;

  async function stopped(): Promise<{ client: Client; sent: number }> {
    const client = await Client.open(await countedServer({ maxBufferedBytes: MAX_BYTES }));
    client.tcp.socket.pause();
    let sent = 0;
    while (client.served.conn.transport.writable) {
      client.served.emit("n", sent++, "x".repeat(100_000));
      await turns(1);
    }
    return { client, sent };
  }

  test("gets nothing written to it; what waits is counted, leaves in one write, in order, and `drain` comes", async () => {
    const { client, sent } = await stopped();
    const { length } = client.line.writes;
    for (let index = sent; index < sent + 50; index += 1) {
      client.served.emit("n", index, "x".repeat(1_000));
      await turns(1);
    }
    expect(client.line.writes).toHaveLength(length);
    expect(client.served.bufferedBytes).toBeGreaterThan(50 * 1_000);
    expect(client.served.bufferedBytes).toBeLessThan(MAX_BYTES);
    expect(client.served.writableNeedDrain).toBe(true);
    const drained = once(client.served, "drain");
    client.tcp.socket.resume();
    const texts = await client.read(sent + 50);
    expect(texts.map(numberIn)).toEqual(Array.from({ length: sent + 50 }, (_, index) => index));
    await drained;
    await settle();
    expect(client.line.writes).toHaveLength(length + 1);
    expect([client.served.bufferedBytes, client.served.writableNeedDrain]).toEqual([0, false]);
  });

  test("has never more waiting than `maxBufferedBytes`, and is cut when there would be", async () => {
    const { client } = await stopped();
    const ended = once(client.served, "disconnect");
    let peak = 0;
    for (let index = 0; index < 100 && client.served.connected; index += 1) {
      client.served.emit("n", index, "x".repeat(50_000));
      peak = Math.max(peak, client.served.bufferedBytes);
      await turns(1);
    }
    expect((await ended)[0]).toBe("buffer overflow");
    expect(peak).toBeGreaterThan(MAX_BYTES / 2);
    expect(peak).toBeLessThanOrEqual(MAX_BYTES);
  });
});
