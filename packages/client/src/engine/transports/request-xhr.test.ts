// With a small XMLHttpRequest made on node:http; that the browsers' own behaves alike is tested in browsers.
import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SessionOptions } from "../options.js";
import { closeAll, event, startRawEngine, track, until } from "../raw-engine.test.node.js";
import { Session } from "../session.js";
import { XHR } from "./polling.js";

const made: NodeXhr[] = [];

class NodeXhr {
  readyState = 0;
  status = 0;
  responseText = "";
  withCredentials = false;
  onreadystatechange: () => void = () => undefined;
  #request: ClientRequest | undefined;

  open(method: string, uri: string): void {
    made.push(this);
    this.#request = httpRequest(uri, { method });
    this.#request.on("response", (response: IncomingMessage) => {
      response.setEncoding("utf8").on("data", (chunk: string) => (this.responseText += chunk));
      response.on("end", () => this.#done(response.statusCode ?? 0));
    });
    this.#request.on("error", () => this.#done(0));
    this.#move(1);
  }

  setRequestHeader(name: string, value: string): void {
    this.#request?.setHeader(name, value);
  }

  send(body?: string): void {
    this.#request?.end(body);
  }

  // Like the standard's: a running request goes to state 4 with status 0, and one that is done loses its answer.
  abort(): void {
    this.#request?.destroy();
    if (this.readyState > 0 && this.readyState < 4) this.#done(0);
    Object.assign(this, { readyState: 0, status: 0, responseText: "" });
  }

  #done(status: number): void {
    if (this.readyState === 4) return;
    this.status = status;
    this.#move(4);
  }

  #move(state: number): void {
    this.readyState = state;
    this.onreadystatechange();
  }
}

const xhr: SessionOptions = { transports: [XHR] };

beforeEach(() => {
  made.length = 0;
  vi.stubGlobal("XMLHttpRequest", NodeXhr);
});
afterEach(async () => {
  await closeAll();
  vi.unstubAllGlobals();
});

describe("polling by XMLHttpRequest", () => {
  it("carries a session, with headers and credentials", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, { ...xhr, extraHeaders: { "x-own": "1" }, withCredentials: true }));
    await event(session, "open");
    session.send("over xhr é");
    expect(await event(server, "packet")).toEqual(["4over xhr é"]);
    expect(server.requests.at(-1)?.headers).toMatchObject({ "x-own": "1", "content-type": "text/plain;charset=UTF-8" });
    expect(made.every(({ withCredentials }) => withCredentials)).toBe(true);
    server.send("4back");
    expect(await event(session, "message")).toEqual(["back"]);
    session.close();
    await until(() => server.packets.includes("1") && session.transport.readyState === "closed");
  });

  it("does not touch credentials unless asked to", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, xhr));
    await event(session, "open");
    expect(made[0]).toMatchObject({ withCredentials: false });
  });

  it("gives the request as the context of an error", async () => {
    const server = await startRawEngine({ intercept: (_request, response) => !!response.writeHead(403).end("no") });
    const session = track(new Session(server.url, xhr));
    const [error] = await event<[{ context: NodeXhr }]>(session, "error");
    expect(error).toMatchObject({ message: "xhr poll error", description: 403, context: { responseText: "no" } });
    expect(error.context).toBe(made[0]);
  });

  it("reports a host where nobody listens", async () => {
    const server = await startRawEngine();
    await server.close();
    const session = track(new Session(server.url, xhr));
    expect(await event(session, "error")).toMatchObject([{ message: "xhr poll error", description: 0 }]);
  });

  it("is silent about what was aborted, also when the failure is already known", async () => {
    const server = await startRawEngine({ intercept: () => true });
    const session = track(new Session(server.url, xhr));
    const onError = vi.fn();
    session.on("error", onError);
    await event(server, "request");
    // The failure comes first, the report of it on a later tick, the close in between.
    made[0]?.abort();
    session.close();
    await until(() => session.readyState === "closed");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(onError).not.toHaveBeenCalled();
  });
});
