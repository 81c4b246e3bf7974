// What the pages and the server are made of. Ours, unless EVERWIRE_PEER=socket.io: then the same specs run against the stock
// server and the bundle that it serves, which shows that a spec asks for nothing but the behaviour both have.
import type { Server as HttpServer } from "node:http";
import type { Server, ServerOptions } from "@everwire/server";

export type ServerClass = new (httpServer: HttpServer, options?: Partial<ServerOptions>) => Server;

export const isEverwire = process.env["EVERWIRE_PEER"] !== "socket.io";

/** Names of the bundles under the server's path. */
export const BUNDLES = isEverwire
  ? { esm: "everwire.esm.min.js", umd: "everwire.min.js" }
  : { esm: "socket.io.esm.min.js", umd: "socket.io.min.js" };

export async function loadServerClass(): Promise<ServerClass> {
  const module: unknown = isEverwire ? await import("@everwire/server") : await import("socket.io");
  return (module as { Server: ServerClass }).Server;
}
