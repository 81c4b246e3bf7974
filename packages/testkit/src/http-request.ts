// httpRequest(): one HTTP request by node:http, its whole answer as a value. It never throws on a status; it does throw when
// the connection breaks before the answer is complete. Used by the raw clients and by the conformance tests.
import type { Agent as HttpAgent } from "node:http";
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequestOf } from "node:http";
import { request as httpsRequestOf } from "node:https";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { DEFAULT_WAIT_MS, within } from "./wait.js";

export interface HttpRequestOptions {
  method?: string;
  headers?: OutgoingHttpHeaders;
  /** Sent with a Content-Length; a list is sent as chunks (Transfer-Encoding: chunked). */
  body?: string | Uint8Array | readonly (string | Uint8Array)[];
  agent?: HttpAgent;
  /** Aborts the request: the connection is destroyed. */
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** The body as it came, still compressed if it was. */
  readonly raw: Buffer;
  /** The body as text, decompressed. */
  readonly text: string;
  json(): unknown;
}

export async function httpRequest(url: string | URL, options: HttpRequestOptions = {}): Promise<HttpResponse> {
  const target = new URL(url);
  const { method = "GET", headers = {}, body, agent, signal } = options;
  const send = target.protocol === "https:" ? httpsRequestOf : httpRequestOf;
  const answer = new Promise<HttpResponse>((resolve, reject) => {
    const request = send(
      target,
      {
        method,
        headers: { ...headers, ...lengthOf(body) },
        agent: agent ?? false,
        ...(signal === undefined ? {} : { signal }),
        ...(target.protocol === "https:" ? { rejectUnauthorized: false } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const raw = Buffer.concat(chunks);
          const text = decompress(raw, response.headers["content-encoding"]).toString("utf8");
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            raw,
            text,
            json: () => JSON.parse(text) as unknown,
          });
        });
      },
    );
    request.on("error", reject);
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Error(`failed to request ${target.href}: the server switched protocols`));
    });
    if (Array.isArray(body)) for (const chunk of body as readonly (string | Uint8Array)[]) request.write(chunk);
    else if (body !== undefined) request.write(body);
    request.end();
  });
  return within(answer, `an answer to ${method} ${target.pathname}${target.search}`, {
    timeoutMs: options.timeoutMs ?? DEFAULT_WAIT_MS,
  });
}

function lengthOf(body: HttpRequestOptions["body"]): OutgoingHttpHeaders {
  if (typeof body === "string") return { "content-length": Buffer.byteLength(body) };
  if (body instanceof Uint8Array) return { "content-length": body.length };
  return {};
}

function decompress(raw: Buffer, encoding: string | undefined): Buffer {
  if (raw.length === 0) return raw;
  if (encoding === "gzip") return gunzipSync(raw);
  if (encoding === "deflate") return inflateSync(raw);
  if (encoding === "br") return brotliDecompressSync(raw);
  return raw;
}
