// The examples whose page is made by Vite (React, Vue, Svelte), in development and built: the page, its scripts, and the room behind it.
// What they do in a browser is tested in e2e/browser. Needs a build of ours.
import { once } from "node:events";
import { io as everwireClient } from "@everwire/client";
import { httpRequest } from "@everwire/testkit";
import { io as stockClient } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Example, startExample } from "./run-example.js";

interface Client {
  on(event: string, listener: (...args: never[]) => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
  disconnect(): unknown;
}

interface Line {
  key: string;
  name: string;
  text: string;
}

const CLIENTS: Record<string, (url: string, options: object) => Client> = {
  "our client": everwireClient,
  "a stock client": stockClient,
};
const NAMES = ["react", "vue", "svelte"];

describe.each(NAMES.flatMap((name) => ["development", "production"].map((mode) => ({ name, mode }))))(
  "examples/$name, in $mode",
  ({ name, mode }) => {
    let example: Example;
    const clients: Client[] = [];

    beforeAll(async () => {
      example = await startExample(name, { env: { NODE_ENV: mode } });
    }, 120_000);
    afterEach(() => {
      for (const client of clients.splice(0)) client.disconnect();
    });
    afterAll(() => example.kill());

    function connect(who: string, auth: object, transports = ["websocket"]): Client {
      const client = CLIENTS[who]!(example.url, { auth, transports, forceNew: true });
      clients.push(client);
      return client;
    }

    /** What the next event of this name brings. */
    const next = (client: Client, event: string): Promise<unknown> =>
      new Promise((resolve) => client.on(event, resolve));

    it("serves its page with its scripts, and nothing for an address that it does not have", async () => {
      const page = await httpRequest(example.url, { timeoutMs: 25_000 });
      expect([page.status, page.headers["content-type"]]).toEqual([200, expect.stringContaining("text/html")]);
      expect(page.text.toLowerCase()).toContain(`everwire in ${name}`);
      const script =
        /<script[^>]+src="([^"]+)"/.exec(page.text.replace(/<script[^>]+vite\/client[^>]*>/, ""))?.[1] ?? "";
      const { status, headers } = await httpRequest(example.url + script, { timeoutMs: 25_000 });
      expect([status, headers["content-type"]]).toEqual([200, expect.stringContaining("javascript")]);
      expect((await httpRequest(`${example.url}/nowhere`)).status).toBe(404);
    });

    it.each(
      Object.keys(CLIENTS).flatMap((who) => [["websocket"], ["polling"]].map((transports) => ({ who, transports }))),
    )("gives the room to $who over $transports", async ({ who, transports }) => {
      const listener = connect("our client", { name: "Ada" });
      expect(await next(listener, "people")).toEqual([{ id: expect.any(String), name: "Ada" }]);
      const speaker = connect(who, { name: "Bo" }, transports);
      const people = (await next(listener, "people")) as { name: string }[];
      expect(people.map(({ name: person }) => person).sort()).toEqual(["Ada", "Bo"]);
      const heard = next(listener, "said") as Promise<Line>;
      const key = await speaker.timeout(5000).emitWithAck("say", "  hello ");
      expect(await heard).toMatchObject({ key, name: "Bo", text: "hello" });
      const later = connect(who, { name: 7 }, transports);
      expect(((await next(later, "lines")) as Line[]).at(-1)).toMatchObject({ key, text: "hello" });
    });

    it("takes nothing that is no text", async () => {
      const client = connect("our client", {});
      for (const words of [7, null, { toString: 1 }, "   "]) client.emit("say", words, () => undefined);
      client.emit("say", "without an answer");
      const heard = next(client, "said") as Promise<Line>;
      await client.timeout(5000).emitWithAck("say", "x".repeat(600));
      expect(await heard).toMatchObject({ name: "Somebody", text: "x".repeat(500) });
    });

    it("ends by itself when it is told to, with clients connected", async () => {
      await next(connect("our client", {}), "people");
      const exit = once(example.child, "exit");
      example.child.kill("SIGTERM");
      // Vite ends by the signal as well, and says so: 128 + 15.
      expect([0, 143]).toContain(((await exit) as [number | null])[0]);
    });
  },
);
