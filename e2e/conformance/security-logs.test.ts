// What a server writes by itself, with every log switched on: never a session's id, for who has it has the session. In a process of its
// own, so that everything it writes is seen. Needs a build.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const PROGRAM = `
  import { createServer } from "node:http";
  import { once } from "node:events";
  import { Server } from "@everwire/server";
  import { io as connect } from "@everwire/client";

  const http = createServer();
  const io = new Server(http, {
    cors: { origin: "*", credentials: true }, cookie: true, maxHttpBufferSize: 1000, maxBufferedBytes: 5000, maxPendingAcks: 1,
    pingInterval: 200, pingTimeout: 200, resume: { windowMs: 100 },
  });
  const sids = new Set();
  io.engine.on("connection", ({ id }) => sids.add(id));
  io.on("connection", (socket) => {
    socket.on("throw", () => { throw new Error("a listener's own"); });
    socket.on("reject", async () => { throw new Error("a listener's own"); });
    socket.on("flood", () => { for (let i = 0; i < 100; i++) socket.emit("x", "x".repeat(1000)); });
    socket.on("ask", () => { for (let i = 0; i < 3; i++) socket.emit("x", () => undefined); });
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = "http://127.0.0.1:" + http.address().port;
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    for (const event of ["throw", "reject", "flood", "ask"]) {
      const socket = connect(url, { transports, forceNew: true, reconnection: false, resume: true });
      await new Promise((resolve) => socket.on("connect", resolve));
      socket.emit(event);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.disconnect();
    }
  }
  const path = url + "/socket.io/?EIO=4&transport=polling";
  for (const extra of ["", "&ew=1"]) {
    const open = await (await fetch(path + extra)).text();
    const { sid } = JSON.parse(open.slice(1));
    const session = path + "&sid=" + sid;
    for (const body of ["40", "4x", "42[}", "x".repeat(2000)]) await fetch(session, { method: "POST", body }).catch(() => {});
    for (const query of ["&resume=99&leg=1", "&resume=x", "&EIO=3", "&j=0"]) await fetch(session + query).then((answer) => answer.text()).catch(() => {});
  }
  while (io.engine.clientsCount > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await io.close();
  http.closeAllConnections();
  console.log(JSON.stringify([...sids]));
`;

test("S26 no id of a session is ever written to a log, with all of them switched on", async () => {
  const env = { ...process.env, DEBUG: "*", NODE_OPTIONS: "--trace-warnings" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    cwd: import.meta.dirname,
    env,
    timeout: 18_000,
  });
  // The last line is the program's own.
  const lines = stdout.trimEnd().split("\n");
  const sids = JSON.parse(lines.pop() ?? "[]") as string[];
  expect(sids.length).toBeGreaterThanOrEqual(14);
  const written = lines.join("\n") + stderr;
  // The errors of listeners and the settings that are unsafe are told.
  expect(written).toContain("a listener's own");
  expect(written).toContain("cors.credentials");
  for (const sid of sids) expect(written.includes(sid)).toBe(false);
});
