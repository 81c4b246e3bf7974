// docs/PROTOCOL.md is exact enough for a client in another language: one of Python's standard library, written from that page,
// breaks its connections in the middle of things and comes back over either transport.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer } from "@everwire/testkit";
import { expect, onTestFinished, test } from "vitest";

const PYTHON = process.env["EVERWIRE_PYTHON"] ?? "/usr/bin/python3";
const PROGRAM = fileURLToPath(new URL("python/resume_client.py", import.meta.url));

test("a client of another language resumes its session, with nothing lost and nothing doubled", async () => {
  const breaks = 12;
  const { io, port, close } = await startServer();
  onTestFinished(close);
  const heard: number[] = [];
  const reasons: string[] = [];
  io.on("connection", (socket) => {
    socket.on("say", (number: number) => {
      heard.push(number);
      socket.emit("heard", number);
    });
    socket.on("disconnect", (reason) => reasons.push(reason));
  });
  const { stdout } = await promisify(execFile)(PYTHON, ["-B", PROGRAM, String(port), String(breaks)], {
    timeout: 30_000,
  });
  const expected = Array.from({ length: breaks * 3 }, (_, index) => index + 1);
  expect(heard).toEqual(expected);
  expect(JSON.parse(stdout)).toEqual(expected);
  expect(io.engine.counters).toMatchObject({ resumed: breaks, expired: 0, overflowed: 0, refused: 0 });
  expect(reasons.filter((reason) => reason !== "transport close")).toEqual([]);
});
