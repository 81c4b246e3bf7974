import { describe, expect, it } from "vitest";
import { HttpWatch } from "./http-watch.js";

const GET = "GET /engine.io/?a=1 HTTP/1.1\r\nHost: x\r\n\r\n";
const POST = "POST /engine.io/ HTTP/1.1\r\nhost: x\r\nContent-Length: 10\r\n\r\nGET / \r\n\r\n";
const UPGRADE = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

describe("a watched connection", () => {
  it.each([1, 2, 3, 7, 1_000])("tells its requests apart, in pieces of %i bytes", (size) => {
    const watch = new HttpWatch();
    const seen: string[] = [];
    const bytes = Buffer.from(GET + POST + GET + UPGRADE + GET);
    for (let start = 0; start < bytes.length; start += size) {
      watch.read(bytes.subarray(start, start + size));
      if (watch.carried !== seen.at(-1)) seen.push(watch.carried);
    }
    expect(seen.filter((carried) => carried !== "")).toEqual(
      size === 1_000 ? ["websocket"] : ["GET", "POST", "GET", "websocket"],
    );
  });

  it("knows the first bytes of each answer", () => {
    const watch = new HttpWatch();
    expect(watch.answer()).toBe(false);
    watch.read(Buffer.from(GET));
    expect([watch.answer(), watch.answer()]).toEqual([true, false]);
    watch.read(Buffer.from(POST));
    expect([watch.answer(), watch.answer()]).toEqual([true, false]);
  });

  it("gives up on what is not HTTP, and on a body whose length is not told", () => {
    const binary = new HttpWatch();
    binary.read(Buffer.from("\0\r\n\r\n"));
    binary.read(Buffer.from(GET));
    expect(binary.carried).toBe("other");
    const endless = new HttpWatch();
    endless.read(Buffer.alloc(70_000, "x"));
    endless.read(Buffer.from(`\r\n\r\n${GET}`));
    expect(endless.carried).toBe("");
    const chunked = new HttpWatch();
    chunked.read(Buffer.from("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
    chunked.read(Buffer.from(GET));
    expect(chunked.carried).toBe("POST");
  });
});
