import { createServer } from "node:http";
import { Server } from "@everwire/server";
import { expect, it } from "vitest";
import { serve } from "../servers/socket-io-app.mjs";
import { DIALECTS } from "./dialects.mjs";
import * as echo from "./echo.mjs";
import { clientFrame, serverFrame } from "./frames.mjs";
import { ResumeCount } from "./resume-count.mjs";
import * as storm from "./storm.mjs";

const MESSAGES = [
  serverFrame("4a"),
  serverFrame(`4${"b".repeat(300)}`),
  serverFrame(Buffer.alloc(70_000, 1)),
  serverFrame("4c"),
];
const WIRE = Buffer.concat([
  serverFrame("61"),
  MESSAGES[0],
  MESSAGES[1],
  serverFrame("25"),
  MESSAGES[2],
  serverFrame("612"),
  MESSAGES[3],
]);

it("gives the messages alone, counts them and answers pings, however the stream is cut", () => {
  for (let size = 1; size <= 400; size++) {
    const written = [];
    const count = new ResumeCount(1, (frame) => written.push(frame));
    const kept = [];
    // Small pieces where frames begin, one large one where there is only payload.
    for (let at = 0; at < WIRE.length;) {
      const end = at > 400 && at < 69_000 ? 69_000 : at + size;
      kept.push(count.push(WIRE.subarray(at, end)));
      at = end;
    }
    count.acknowledge();
    expect(Buffer.concat(kept).equals(Buffer.concat(MESSAGES))).toBe(true);
    expect(count.received).toBe(5);
    expect(written).toContainEqual(clientFrame("33"));
    expect(written.at(-1)).toEqual(clientFrame("65"));
  }
});

it("acknowledges after 32 messages and after 64 KiB, without being asked", () => {
  const written = [];
  const count = new ResumeCount(0, (frame) => written.push(frame));
  for (let index = 0; index < 31; index++) count.push(MESSAGES[0]);
  expect(written).toEqual([]);
  count.push(MESSAGES[0]);
  expect(written).toEqual([clientFrame("632")]);
  count.push(MESSAGES[2]);
  expect(written).toEqual([clientFrame("632"), clientFrame("633")]);
});

it("keeps sessions that a server resumes, again and again, and echoes before and after", async () => {
  const httpServer = createServer();
  const io = new Server(httpServer);
  serve(io, "talk");
  await new Promise((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const { port } = httpServer.address();
  const dialect = DIALECTS["everwire-resume"];
  try {
    const options = { inFlight: 16 };
    const state = { sockets: await echo.open({ port, dialect, connections: 3, options }) };
    const ids = async () => (await io.fetchSockets()).map(({ id }) => id).sort();
    const first = await ids();
    for (let pass = 0; pass < 3; pass++) {
      expect(await echo.run(state.sockets, { dialect, units: 480, ...options })).toEqual({ units: 480 });
      await storm.run(state, { port, dialect, concurrency: 2 });
      expect(await ids()).toEqual(first);
    }
    await echo.close(state.sockets);
  } finally {
    await io.close();
  }
});
