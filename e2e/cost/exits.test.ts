// What a client has when the server's process ends right after an emit. Taken by the kernel is sent: nothing else survives a process.
import { RawWebSocket } from "@everwire/testkit";
import { describe, expect, test } from "vitest";
import { Program } from "./process.js";

interface Arrived {
  readonly numbers: number[];
  readonly rest: string[];
  readonly code: number;
}

/** What arrives of `count` events of `length` characters that a server emits before it leaves in this way. */
async function arrived(way: string, count: number, length: number): Promise<Arrived> {
  const server = await Program.start("leaving-server", [way, count, length]);
  const wire = await RawWebSocket.open(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`);
  const numbers: number[] = [];
  const rest: string[] = [];
  let isJoined = false;
  wire.ws.on("message", (data: Buffer) => {
    const text = data.toString();
    const number = /^42\["n",(\d+),"(x*)"\]$/.exec(text);
    if (number !== null && number[2]?.length === length) numbers.push(Number(number[1]));
    else if (isJoined) rest.push(text);
    else if (text.startsWith("40")) {
      isJoined = true;
      wire.send('42["go"]');
    }
  });
  wire.send("40");
  const { code } = await wire.closed({ timeoutMs: 20_000 });
  await server.ended();
  return { numbers, rest, code };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Without a close frame: the connection broke. */
const ABNORMAL = 1006;
const NO_STATUS = 1005;

describe("all of it arrives", () => {
  test.each([
    [10, 10],
    [20, 1_000_000],
  ])("when the process ends behind `await socket.flushed()`: %i of %i", async (count, length) => {
    expect(await arrived("flushed", count, length)).toEqual({ numbers: upTo(count), rest: [], code: ABNORMAL });
  });

  test("with the end of the session, when it ends a turn after `disconnect(true)`", async () => {
    const whole = { numbers: upTo(20), rest: ["41"], code: NO_STATUS };
    expect(await arrived("disconnect, then exit in the next turn", 20, 1_000)).toEqual(whole);
  });

  test.each([1_000, 1_000_000])(
    "with the end of the session, when it ends behind `await io.close()`: of %i characters each",
    async (length) => {
      const whole = { numbers: upTo(20), rest: [], code: NO_STATUS };
      expect(await arrived("io.close, then exit", 20, length)).toEqual(whole);
    },
  );

  const ways = ["exit in the same turn", "throw in the same turn", "exit in the next turn", "throw in the next turn"];
  test.each(ways)("with %s", async (way) => {
    expect(await arrived(way, 20, 1_000)).toEqual({ numbers: upTo(20), rest: [], code: ABNORMAL });
  });
});

// Of more than the kernel takes nothing is promised but this.
test.each([
  ["exit in the same turn", 1_000_000],
  ["throw in the same turn", 1_000_000],
  ["exit in the next turn", 1_000_000],
  ["throw in the next turn", 1_000_000],
  ["disconnect, then exit in the next turn", 1_000_000],
])("with %s of %i characters each, what arrives has no gap and nothing twice", async (way, length) => {
  const { numbers, rest } = await arrived(way, 20, length);
  expect(numbers).toEqual(upTo(numbers.length));
  expect(rest).toEqual([]);
});
