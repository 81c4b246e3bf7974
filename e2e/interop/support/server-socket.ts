// How a case that needs "server api" gets hold of the server's end of a link.
import type { JsServerSocket } from "./js-modules.js";
import type { RunningServer } from "./ports.js";

export function serverSocket(server: RunningServer, id: string, namespace = "/"): JsServerSocket {
  const socket = server.js().of(namespace).sockets.get(id);
  if (!socket) throw new Error(`failed to find the socket ${id} in ${namespace}: the server does not know it`);
  return socket;
}
