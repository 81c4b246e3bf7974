import { X509Certificate } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { request } from "node:https";
import { httpRequest } from "./http-request.js";
import { makeSelfSigned, selfSigned } from "./self-signed.js";
import { startHttpServer } from "./start-http-server.js";
import { once } from "./wait.js";
import type { IncomingMessage } from "node:http";

test("the certificate names localhost and the loopback addresses, and signs itself", () => {
  const certificate = new X509Certificate(selfSigned().cert);
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.checkIP("::1")).toBe("::1");
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(new Date(certificate.validFrom).getTime()).toBeLessThan(Date.now());
  expect(new Date(certificate.validTo).getTime()).toBeGreaterThan(Date.now());
});

test("each made certificate has a key and a serial of its own", () => {
  const [one, two] = [makeSelfSigned(new Date()), makeSelfSigned(new Date())];
  expect(one.key).not.toBe(two.key);
  expect(new X509Certificate(one.cert).serialNumber).not.toBe(new X509Certificate(two.cert).serialNumber);
});

test("an https server with it is trusted by a client that has it as authority", async () => {
  const server = await startHttpServer({ secure: true, listener: (_request, response) => response.end("hello") });
  onTestFinished(server.close);
  const asked = request(server.url, { ca: selfSigned().cert, agent: false });
  asked.end();
  const [response] = await once<[IncomingMessage]>(asked, "response");
  response.resume();
  expect(response.statusCode).toBe(200);
  expect((await httpRequest(server.url)).text).toBe("hello");
});
