// Where the winner of a race is kept; the storage is the test's.
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ResolvedOptions } from "./options.js";

const page = vi.hoisted(() => ({ store: (): Record<string, string> => ({}) }));
vi.mock(import("#platform"), async (original) => ({ ...(await original()), localStore: () => page.store() }));

const race = { strategy: "race", hostname: "example.org", port: "443", path: "/socket.io/" } as ResolvedOptions;

/** As on a new visit: nothing is left in the memory of the page. */
async function visit(): Promise<(opts: ResolvedOptions, won?: string) => string | undefined> {
  vi.resetModules();
  return (await import("./winner.js")).lastWinner;
}

describe("the last winner", () => {
  let kept: Record<string, string>;

  beforeEach(() => {
    kept = {};
    page.store = () => kept;
  });

  it("is there at the next visit, under the address of the server", async () => {
    (await visit())(race, "websocket");
    expect(Object.keys(kept)).toEqual(["everwire example.org:443/socket.io/"]);
    const lastWinner = await visit();
    expect(lastWinner(race)).toBe("websocket");
    expect(lastWinner({ ...race, path: "/other/" })).toBeUndefined();
    expect(lastWinner({ ...race, strategy: "order" })).toBeUndefined();
  });

  it("is no longer kept for being used, but for being another", async () => {
    const lastWinner = await visit();
    const key = "everwire example.org:443/socket.io/";
    const wonAt = Date.now() - 1_000;
    kept[key] = `${String(wonAt)} websocket`;
    lastWinner(race, "websocket");
    expect(kept[key]).toBe(`${String(wonAt)} websocket`);
    lastWinner(race, "polling");
    expect(kept[key]).toMatch(/^\d+ polling$/);
    expect(parseInt(kept[key], 10)).toBeGreaterThanOrEqual(wonAt + 1_000);
  });

  it("is forgotten after a day, or after what the option says", async () => {
    const lastWinner = await visit();
    const key = "everwire example.org:443/socket.io/";
    kept[key] = `${String(Date.now() - 86_390_000)} websocket`;
    expect(lastWinner(race)).toBe("websocket");
    expect(lastWinner({ ...race, raceMemoryMs: 86_000_000 })).toBeUndefined();
    kept[key] = `${String(Date.now() - 86_400_000)} websocket`;
    expect(lastWinner(race)).toBeUndefined();
  });

  it.each(["", "websocket", "nonsense websocket", "{}"])("is not read out of %j", async (text) => {
    const lastWinner = await visit();
    kept["everwire example.org:443/socket.io/"] = text;
    expect(lastWinner(race)).toBeUndefined();
  });

  it.each<[string, () => Record<string, string>]>([
    ["is not there", () => undefined as never],
    [
      "throws",
      () => {
        throw new DOMException("denied", "SecurityError");
      },
    ],
    ["is full", () => Object.freeze({})],
  ])("is kept in memory where the storage %s", async (_what, store) => {
    page.store = store;
    const lastWinner = await visit();
    lastWinner(race, "websocket");
    expect(lastWinner(race)).toBe("websocket");
    expect((await visit())(race)).toBeUndefined();
  });
});
