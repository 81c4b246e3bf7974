// Pages of Socket.IO 2 in browsers of today, with the published bundle: binary in both formats of polling and in WebSocket frames.
import { connectOld, echo, OLD_SERVER, type OldGlobals } from "./support/old-page.js";
import { expect, SCRIPT_WAYS, test } from "./support/test.js";

const UNICODE = "€ 𝒳 👩🏽‍🚀 \u2028 \u001e";

for (const way of SCRIPT_WAYS) {
  for (const forceBase64 of [false, true]) {
    test(`a page of Socket.IO 2 carries text and binary both ways (${way.name}${forceBase64 ? ", base64" : ""})`, async ({
      startSite,
      page,
    }) => {
      const site = await startSite({
        server: OLD_SERVER,
        setup: (io) => {
          echo(io);
          io.on("connection", (socket) => {
            socket.on("describe", (bytes: Buffer, ack: (hex: string) => void) => ack(bytes.toString("hex")));
          });
        },
      });
      const id = await connectOld(site, page, site.url, { transports: way.transports, forceBase64 });
      expect(site.socket.id).toBe(id);
      const seen = await page.evaluate(
        async ([text, settled]) => {
          const { old } = globalThis as unknown as OldGlobals;
          const { engine } = old.io;
          const call = (...args: unknown[]): Promise<unknown> =>
            new Promise((resolve) => old.emit(...(args as [string]), (answer: unknown) => resolve(answer)));
          const rounds: unknown[] = [];
          const round = async (): Promise<void> => {
            const bytes = Uint8Array.from([9, 0, 4, 255, 9]).subarray(1, 4);
            const answer = (await call("echo", { text, bytes: bytes.slice().buffer, more: [new Blob([bytes])] })) as {
              text: string;
              bytes: ArrayBuffer;
              more: ArrayBuffer[];
            };
            rounds.push(await call("describe", bytes.slice().buffer), answer.text, [
              ...new Uint8Array(answer.bytes),
              ...new Uint8Array(answer.more[0] ?? new ArrayBuffer(0)),
            ]);
          };
          await round();
          if (engine.transport.name !== settled) await new Promise<void>((resolve) => engine.once("upgrade", resolve));
          await round();
          return [...rounds, engine.transport.name];
        },
        [UNICODE, way.settled] as const,
      );
      const round = ["0004ff", UNICODE, [0, 4, 255, 0, 4, 255]];
      expect(seen).toEqual([...round, ...round, way.settled]);
      expect(site.socket.conn.transport.name).toBe(way.settled);
    });
  }
}
