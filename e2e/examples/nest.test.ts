// NestJS with its own socket.io adapter over our server: beside the others' suite, what gateways do in a namespace. Needs a build.
import { io as everwireClient } from "@everwire/client";
import { once } from "@everwire/testkit";
import { io as stockClient } from "socket.io-client";
import { afterEach, describe, expect, it } from "vitest";
import { itServesBoth } from "./mounted-suite.js";

type Client = ReturnType<typeof everwireClient>;

const MAKE: Record<string, typeof everwireClient> = {
  "our client": everwireClient,
  "a stock client": stockClient as unknown as typeof everwireClient,
};
const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

describe("examples/nest", () => {
  itServesBoth("nest", {
    more: (example) => {
      describe.each(Object.keys(MAKE))("a gateway's namespace, with %s", (who) => {
        const join = (auth: Record<string, unknown>): Client => {
          const client = MAKE[who]!(`${example().url}/rooms`, { auth, forceNew: true });
          clients.push(client);
          return client;
        };

        it("has the middleware that afterInit gave it, and the hooks of a connection", async () => {
          expect((await once<[Error]>(join({}), "connect_error"))[0].message).toBe("no name");
          const [ada, grace] = [join({ name: "ada" }), join({ name: "grace" })];
          expect(await Promise.all([once(ada, "hello"), once(grace, "hello")])).toEqual([["ada"], ["grace"]]);
          const gone = once(ada, "gone");
          grace.disconnect();
          expect(await gone).toEqual(["grace"]);
        });

        it("acknowledges what a handler returns, and sends to rooms", async () => {
          const [ada, grace, stranger] = [join({ name: "ada" }), join({ name: "grace" }), join({ name: "alan" })];
          const overheard: unknown[] = [];
          stranger.onAny((event: string) => overheard.push(event));
          await Promise.all([once(ada, "hello"), once(grace, "hello"), once(stranger, "hello")]);
          expect(await ada.timeout(5000).emitWithAck("join", "tea")).toBe(1);
          const joined = once(ada, "joined");
          expect(await grace.timeout(5000).emitWithAck("join", "tea")).toBe(1);
          expect(await joined).toEqual(["grace"]);
          const written = [once(ada, "written"), once(grace, "written"), once(ada, "sent")];
          ada.emit("write", { room: "tea", text: "five" });
          expect(await Promise.all(written)).toEqual([["five"], ["five"], [4]]);
          expect(await stranger.timeout(5000).emitWithAck("join", "coffee")).toBe(1);
          expect(overheard).toEqual(["hello"]);
        });

        it("reports exceptions and refused guards to the one client", async () => {
          const [guest, host] = [join({ name: "ada" }), join({ name: "grace", isHost: true })];
          await Promise.all([once(guest, "hello"), once(host, "hello")]);
          const reports: unknown[] = [];
          host.on("exception", (report: unknown) => reports.push(report));
          for (const [event, value, message] of [
            ["join", 5, "no such room"],
            ["close", "tea", "Forbidden resource"],
          ] as const) {
            const exception = once(guest, "exception");
            guest.emit(event, value);
            expect(await exception).toEqual([expect.objectContaining({ status: "error", message })]);
          }
          await guest.timeout(5000).emitWithAck("join", "tea");
          expect(await host.timeout(5000).emitWithAck("close", "tea")).toBe(true);
          expect(await guest.timeout(5000).emitWithAck("join", "milk")).toBe(1);
          expect(reports).toEqual([]);
        });

        it("streams the values of an observable as events", async () => {
          const client = join({ name: "ada" });
          await once(client, "hello");
          const counted: unknown[] = [];
          const all = new Promise<void>((resolve) => {
            client.on("count", (value: unknown) => counted.push(value) === 3 && resolve());
          });
          client.emit("count", 3);
          await all;
          expect(counted).toEqual([1, 2, 3]);
        });
      });
    },
  });
});
