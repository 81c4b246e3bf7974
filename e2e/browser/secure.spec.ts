// The same over TLS, with a certificate that was made for this run.
import { selfSigned } from "@everwire/testkit";
import { connect, emitWithAck, expect, test, transportOf, WAYS } from "./support/test.js";

test.use({ ignoreHTTPSErrors: true });

for (const way of WAYS) {
  test(`https and wss carry messages (${way.name})`, async ({ startSite, openPage }) => {
    const site = await startSite({
      tls: selfSigned(),
      setup: (io) => {
        io.on("connection", (socket) => {
          socket.on("echo", (value: unknown, ack: (...args: unknown[]) => void) => {
            ack(value, socket.handshake.secure, socket.conn.transport.name);
          });
        });
      },
    });
    expect(site.url).toMatch(/^https:/);
    const page = await openPage(site);
    await connect(page, { way });
    expect(await transportOf(page)).toBe(way.settled);
    const answer = await page.evaluate(
      () =>
        new Promise<unknown[]>((resolve) => {
          socket.emit("echo", "over TLS", (...args: unknown[]) => resolve(args));
        }),
    );
    expect(answer).toEqual(["over TLS", true, way.settled]);
    expect(await emitWithAck(page, "echo", "again")).toBe("again");
  });
}
