// What each peer speaks: the path of its WebSocket, the exchange that ends its handshake, and the texts of the workloads.
import { EVENTS, TEXT } from "../workloads.mjs";

/** @typedef {{ path: string, greet: (text: string | undefined) => string | undefined | true, echo: string, news: string, request: (event: string) => string }} Dialect */

/** No exchange: connected with the 101 response. @type {Dialect} */
const BARE = {
  path: "/",
  greet: () => true,
  echo: TEXT,
  news: TEXT,
  request: (event) => event,
};

/** @type {Dialect} */
const JSON_TEXT = {
  ...BARE,
  echo: JSON.stringify([EVENTS.echo, TEXT]),
  news: JSON.stringify([EVENTS.news, TEXT]),
  request: (event) => JSON.stringify([event]),
};

/** Engine.IO v4 and Socket.IO v5: wait for the open packet, join the main namespace, wait for its answer. @type {Dialect} */
const SOCKET_IO = {
  path: "/socket.io/?EIO=4&transport=websocket",
  greet(text) {
    if (text === undefined) return undefined;
    if (text.startsWith("0{")) return "40";
    if (text.startsWith("40{")) return true;
    throw new Error(`failed to connect: the server said ${text.slice(0, 100)}`);
  },
  echo: `42${JSON.stringify([EVENTS.echo, TEXT])}`,
  news: `42${JSON.stringify([EVENTS.news, TEXT])}`,
  request: (event) => `42${JSON.stringify([event])}`,
};

/** @type {Record<string, Dialect>} */
export const DIALECTS = { ws: BARE, "ws-json": JSON_TEXT, "socket.io": SOCKET_IO, everwire: SOCKET_IO };
