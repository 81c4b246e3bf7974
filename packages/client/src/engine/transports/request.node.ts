// One HTTP request by node:http or node:https, for the polling transport on Node: TLS options, agent, cookies, unref'ed
// sockets. Redirects are not followed: credentials stay with the host that the user named.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AbortRequest, PollRequest, RequestPort } from "../ports.js";
import type { TransportOptions } from "./transport.js";
import { DEFAULT_MAX_PAYLOAD_BYTES, connectionOptions } from "./connection-options.node.js";

/** Shorter than the 5 s after which a Node server drops an idle connection: a POST must not meet that moment. */
const IDLE_SOCKET_MS = 2_000;

export const nodePort: RequestPort = {
  readError: "xhr poll error",
  writeError: "xhr post error",
  request: requestByNode,
  release: (opts) => {
    agents.get(opts)?.destroy();
    agents.delete(opts);
  },
};

/** What users get as `context` of an error: the parts of an XMLHttpRequest that they look at. */
interface ResponseContext {
  readonly status: number;
  readonly statusText: string;
  readonly responseText: string;
}

/** Connections of one transport, unless the user brings an agent. */
const agents = new WeakMap<TransportOptions, HttpAgent>();

function agentOf(opts: TransportOptions): HttpAgent {
  let agent = agents.get(opts);
  if (!agent) {
    agent = new (opts.secure ? HttpsAgent : HttpAgent)({ keepAlive: true });
    agent.keepSocketAlive = keepSocketAlive;
    agent.reuseSocket = (socket, request) => {
      HttpAgent.prototype.reuseSocket.call(agent, socket, request); // takes the idle socket's error listener off again
      if (!(socket instanceof Socket)) return;
      socket.setTimeout(0);
      if (opts.autoUnref) socket.unref();
    };
    agents.set(opts, agent);
  }
  return agent;
}

/** An idle connection neither outlives the server's patience nor keeps the process alive. */
function keepSocketAlive(socket: Duplex): boolean {
  if (!(socket instanceof Socket)) return false;
  socket.setKeepAlive(true, 1_000);
  socket.setTimeout(IDLE_SOCKET_MS);
  socket.unref();
  return true;
}

function requestByNode(poll: PollRequest): AbortRequest {
  const { uri, body, opts, onLoad, onError } = poll;
  const fail = (cause: unknown, response?: IncomingMessage, responseText = ""): void => {
    const { statusCode: status = 0, statusMessage: statusText = "" } = response ?? {};
    const context: ResponseContext = { status, statusText, responseText };
    onError(status, context, cause);
  };

  const request = (opts.secure ? httpsRequest : httpRequest)(uri, requestOptions(poll));
  request.on("error", fail);
  request.on("socket", (socket) => {
    if (opts.autoUnref) socket.unref();
  });
  request.on("response", (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    opts.cookies?.store(response.headers["set-cookie"]);
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= (opts.maxPayload ?? DEFAULT_MAX_PAYLOAD_BYTES)) return;
      fail(new Error("response is larger than maxPayload"), response);
      request.destroy();
    });
    response.on("error", fail);
    response.on("end", () => {
      const text = Buffer.concat(chunks, size).toString();
      if (response.statusCode === 200) onLoad(text);
      else fail(undefined, response, text);
    });
  });
  request.end(body);
  return () => request.destroy();
}

function requestOptions({ method, headers: given, body, opts }: PollRequest): RequestOptions {
  const headers: Record<string, string> = { accept: "*/*", ...given };
  if (body !== undefined) headers["content-length"] = String(Buffer.byteLength(body));
  return {
    ...connectionOptions(opts),
    method,
    headers: opts.cookies?.apply(headers) ?? headers,
    agent: typeof opts.agent === "object" ? (opts.agent as HttpAgent) : agentOf(opts),
  };
}
