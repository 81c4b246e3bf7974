// What the cases of a Manager begin with: a record of what it tells, and an address where nobody listens.
import { once } from "@everwire/testkit";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { Manager } from "@everwire/client";
import { plain, type Rig } from "./rig.js";

export const EVENTS = [
  "open",
  "error",
  "close",
  "reconnect_attempt",
  "reconnect",
  "reconnect_error",
  "reconnect_failed",
] as const;

export function record(rig: Rig, manager: Manager): void {
  for (const event of EVENTS) {
    manager.on(event, (...args: unknown[]) =>
      rig.note(event, ...plain(args).map((arg) => (typeof arg === "object" ? Object.keys(arg as object) : arg))),
    );
  }
}

export async function nowhere(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
