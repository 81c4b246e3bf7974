// What each peer speaks: the path of its WebSocket, the exchange that ends its handshake, and the texts of the workloads.
import { EVENTS, TEXT } from "../messages.mjs";

/**
 * @typedef {object} Exchange a request and the answer to it
 * @property {string} request
 * @property {string} answer
 *
 * @typedef {object} Dialect
 * @property {string} path of the WebSocket
 * @property {(text: string | undefined) => string | undefined | true} greet what to say to a text of the handshake (first: nothing); true: it is over
 * @property {Exchange} echo
 * @property {(id: number) => Exchange} [ack] an event with an acknowledgement; ids have two digits
 * @property {string} news what a broadcast brings
 * @property {Exchange} [subscribe] what a connection has to ask for before broadcasts reach it
 * @property {(event: string, data?: unknown) => string} request
 * @property {(event: string, data?: unknown) => string} [answer] an event from the server
 * @property {string} [attachment] the text before a binary message
 * @property {{ path: string, join?: string }} [polling] long polling: its path, and the message that ends the handshake
 * @property {boolean} [resume] sessions are resumed: messages are counted and acknowledged
 */

const both = (text) => ({ request: text, answer: text });

/** No exchange: connected with the 101 response. @type {Dialect} */
const BARE = {
  path: "/",
  greet: () => true,
  echo: both(TEXT),
  news: TEXT,
  request: (event, data = "") => event + data,
  answer: (event, data = "") => event + data,
};

const json = (event, data) => JSON.stringify(data === undefined ? [event] : [event, data]);

/** @type {Dialect} */
const JSON_TEXT = {
  ...BARE,
  echo: both(json(EVENTS.echo, TEXT)),
  ack: (id) => ({ request: JSON.stringify([EVENTS.ack, TEXT, id]), answer: JSON.stringify([EVENTS.ack, TEXT, id]) }),
  news: json(EVENTS.news, TEXT),
  request: json,
  answer: json,
};

/** Engine.IO v4: wait for the open packet. @type {Dialect} */
const ENGINE_IO = {
  path: "/engine.io/?EIO=4&transport=websocket",
  greet(text) {
    if (text === undefined) return undefined;
    if (text.startsWith("0{")) return true;
    throw new Error(`failed to connect: the server said ${text.slice(0, 100)}`);
  },
  echo: both(`4${TEXT}`),
  news: `4${TEXT}`,
  request: (event, data = "") => `4${event}${data}`,
  answer: (event, data = "") => `4${event}${data}`,
  polling: { path: "/engine.io/?EIO=4&transport=polling" },
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
  echo: both(`42${json(EVENTS.echo, TEXT)}`),
  ack: (id) => ({ request: `42${id}${json(EVENTS.ack, TEXT)}`, answer: `43${id}${JSON.stringify([TEXT])}` }),
  news: `42${json(EVENTS.news, TEXT)}`,
  request: (event, data) => `42${json(event, data)}`,
  answer: (event, data) => `42${json(event, data)}`,
  attachment: `451-${json(EVENTS.echo, { _placeholder: true, num: 0 })}`,
  polling: { path: "/socket.io/?EIO=4&transport=polling", join: "40" },
};

/** @type {Dialect} */
const EVERWIRE_RESUME = {
  ...SOCKET_IO,
  path: `${SOCKET_IO.path}&ew=1`,
  polling: { path: `${SOCKET_IO.polling.path}&ew=1`, join: "40" },
  resume: true,
};

/** SockJS as its client speaks it: an open frame, then arrays of texts each way. @type {Dialect} */
const SOCKJS = {
  path: "/echo/000/bench/websocket",
  greet(text) {
    if (text === undefined) return undefined;
    if (text === "o") return true;
    throw new Error(`failed to connect: the server said ${text.slice(0, 100)}`);
  },
  echo: { request: JSON.stringify([TEXT]), answer: `a${JSON.stringify([TEXT])}` },
  news: `a${JSON.stringify([TEXT])}`,
  request: (event, data = "") => JSON.stringify([event + data]),
};

/** SocketCluster: a handshake by message, channels to subscribe to, calls with ids. @type {Dialect} */
const SOCKETCLUSTER = {
  path: "/socketcluster/",
  greet(text) {
    if (text === undefined) return JSON.stringify({ event: "#handshake", data: {}, cid: 1 });
    if (text.startsWith('{"rid":1,"data":{"id":')) return true;
    throw new Error(`failed to connect: the server said ${text.slice(0, 100)}`);
  },
  echo: both(JSON.stringify({ event: EVENTS.echo, data: TEXT })),
  ack: (id) => ({
    request: JSON.stringify({ event: EVENTS.ack, data: TEXT, cid: id }),
    answer: JSON.stringify({ rid: id, data: TEXT }),
  }),
  news: JSON.stringify({ event: "#publish", data: { channel: EVENTS.news, data: TEXT } }),
  subscribe: {
    request: JSON.stringify({ event: "#subscribe", data: { channel: EVENTS.news }, cid: 2 }),
    answer: JSON.stringify({ rid: 2 }),
  },
  request: (event, data) => JSON.stringify({ event, data }),
};

/** @type {Record<string, Dialect>} */
export const DIALECTS = {
  ws: BARE,
  "ws-json": JSON_TEXT,
  "engine.io": ENGINE_IO,
  "socket.io": SOCKET_IO,
  "socket.io-bufferutil": SOCKET_IO,
  everwire: SOCKET_IO,
  "everwire-resume": EVERWIRE_RESUME,
  sockjs: SOCKJS,
  socketcluster: SOCKETCLUSTER,
  primus: { ...JSON_TEXT, path: "/primus" },
};
