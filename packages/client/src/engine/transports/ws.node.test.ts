// Options that only the WebSocket of Node takes, and the addresses that every transport writes.
import { createPrivateKey } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { selfSigned } from "@everwire/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { resolveOptions } from "../options.js";
import { closeAll, event, startRawEngine, track } from "../raw-engine.test.node.js";
import { Session } from "../session.js";
import { connectionOptions } from "./connection-options.node.js";
import { WebSocketTransport } from "./websocket.js";

afterEach(closeAll);

const transports = ["websocket"];

test("a WebSocket is opened with the origin and the protocol version of the options", async () => {
  const server = await startRawEngine();
  const session = track(
    new Session(server.url, {
      transports,
      origin: "https://app.example",
      protocolVersion: 8,
      extraHeaders: { a: "b" },
    }),
  );
  await event(session, "open");
  // Version 8 has a name of its own for the header (RFC 6455 is version 13).
  expect(server.requests[0]?.headers).toMatchObject({
    "sec-websocket-origin": "https://app.example",
    "sec-websocket-version": "8",
    a: "b",
  });
});

test("a cookie that polling was given goes with the upgrade, with credentials", async () => {
  for (const withCredentials of [true, false]) {
    const server = await startRawEngine({
      handshake: { upgrades: ["websocket"] },
      intercept: (_request, response) => !response.setHeader("set-cookie", "sticky=1; Path=/"),
    });
    const session = track(new Session(server.url, { withCredentials }));
    await event(session, "upgrade");
    const upgrade = server.requests.find(({ headers }) => headers.upgrade);
    expect(upgrade?.headers.cookie).toBe(withCredentials ? "sticky=1" : undefined);
  }
});

test.each(["polling", "websocket"])(
  "%s takes a key with its passphrase, ciphers, and a check of the server's name",
  async (name) => {
    const { key, cert } = selfSigned();
    const passphrase = "open sesame";
    const locked = createPrivateKey(key).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase });
    const server = await startRawEngine({ tls: { key, cert, ca: cert, requestCert: true, maxVersion: "TLSv1.2" } });
    const checkServerIdentity = vi.fn(() => undefined);
    const session = track(
      new Session(server.url, {
        transports: [name],
        key: locked as string,
        passphrase,
        cert,
        ca: cert,
        ciphers: "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384",
        checkServerIdentity,
      }),
    );
    await event(session, "open");
    const [connection] = [...server.connections] as TLSSocket[];
    expect(connection?.authorized).toBe(true);
    expect(connection?.getCipher().name).toMatch(/AES256-GCM-SHA384$/);
    expect(checkServerIdentity).toHaveBeenCalled();
  },
);

test("what node:tls takes is handed on under its own names, and nothing else is", () => {
  const given = { pfx: "p", passphrase: "s", ciphers: "c", rejectUnauthorized: false };
  expect(connectionOptions(resolveOptions(undefined, { ...given, path: "/x" }))).toEqual(given);
  expect(connectionOptions(resolveOptions(undefined, {}))).toEqual({ rejectUnauthorized: true });
});

test("an address has brackets around IPv6, and no port that its scheme has anyway", () => {
  const write = (uri: string): string => new WebSocketTransport(resolveOptions(uri, {})).uri();
  expect(write("http://[::1]:81/?a=b")).toBe("ws://[::1]:81/engine.io/?a=b");
  expect(write("https://[2001:db8::7]:443")).toBe("wss://[2001:db8::7]/engine.io/");
  expect(write("http://host:80")).toBe("ws://host/engine.io/");
});
