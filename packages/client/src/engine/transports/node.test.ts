// What only Node can do, on polling and WebSocket alike: TLS, cookies, agents, processes that may end, redirects.
import { execFile } from "node:child_process";
import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { selfSigned } from "@everwire/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import { closeAll, event, startRawEngine, track, until, type RawEngineOptions } from "../raw-engine.test.node.js";
import type { SessionOptions } from "../options.js";
import type { TransportError } from "../../errors.js";
import { Session } from "../session.js";
import { Fetch } from "./polling.js";

afterEach(closeAll);

/** Node resolves and strips the sources of the packages, so that a process can be started on them without a build. */
const HOOKS = `
  import { readFileSync } from "node:fs";
  import { fileURLToPath } from "node:url";
  import typescript from "${import.meta.resolve("typescript")}";
  const isSource = (url) => /packages\\/\\w+\\/src\\//.test(url ?? "");
  export const resolve = (name, context, next) =>
    next(isSource(context.parentURL) && name.startsWith(".") ? name.replace(/\\.js$/, ".ts") : name, context);
  export const load = (url, context, next) => {
    if (!isSource(url)) return next(url, context);
    const compilerOptions = { target: "es2022", module: "esnext", verbatimModuleSyntax: true };
    const source = typescript.transpileModule(readFileSync(fileURLToPath(url), "utf8"), { compilerOptions }).outputText;
    return { format: "module", source, shortCircuit: true };
  };`;

const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

async function runSource(code: string, ...args: string[]): Promise<string> {
  const loader = dataUrl(`import { register } from "node:module"; register(${JSON.stringify(dataUrl(HOOKS))});`);
  const flags = ["--conditions=everwire-source", "--import", loader, "--input-type=module", "-e", code];
  return (await promisify(execFile)(process.execPath, [...flags, ...args])).stdout;
}

const only = (transport: string): SessionOptions => ({ transports: [transport] });

describe.each(["polling", "websocket"])("on Node, %s", (name) => {
  it("S30 verifies the server's certificate", async () => {
    const { key, cert } = selfSigned();
    const server = await startRawEngine({ tls: { key, cert } });
    const refused = track(new Session(server.url, only(name)));
    const [error] = await event<[{ cause: { code: string } }]>(refused, "error");
    expect(error.cause.code).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    for (const options of [{ rejectUnauthorized: false }, { ca: cert }]) {
      const session = track(new Session(server.url, { ...only(name), ...options }));
      await event(session, "open");
      session.send("secret");
      await event(server, "packet");
      session.close();
    }
  });

  it("presents a client certificate", async () => {
    const { key, cert } = selfSigned();
    const server = await startRawEngine({ tls: { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true } });
    const session = track(new Session(server.url, { ...only(name), key, cert, ca: cert }));
    await event(session, "open");
  });

  it("keeps cookies when it has credentials, and only then", async () => {
    const setCookie = { "set-cookie": ["sticky=1; Path=/", "gone=1; Max-Age=0"] };
    const options: RawEngineOptions = {
      intercept: (_request: IncomingMessage, response: ServerResponse) => {
        response.setHeader("set-cookie", setCookie["set-cookie"]);
        return false;
      },
      handshake: { upgrades: ["websocket"] },
    };
    for (const withCredentials of [true, false]) {
      const server = await startRawEngine(options);
      server.on("headers", (headers: string[]) => headers.push("set-cookie: fromws=1"));
      const session = track(
        new Session(server.url, { withCredentials, transports: [name], extraHeaders: { cookie: "own=1" } }),
      );
      await event(session, "open");
      session.send("x");
      await event(server, "packet");
      const last = server.requests.at(-1)?.headers.cookie;
      expect(last).toBe(withCredentials && name === "polling" ? "own=1; sticky=1" : "own=1");
      session.close();
    }
  });

  it("uses the agent that it is given", async () => {
    const server = await startRawEngine();
    const agent = new Agent({ keepAlive: true });
    const createConnection = vi.spyOn(agent as unknown as { createConnection: () => unknown }, "createConnection");
    const session = track(new Session(server.url, { ...only(name), agent }));
    await event(session, "open");
    expect(createConnection).toHaveBeenCalled();
    session.close();
    await until(() => session.transport.readyState === "closed");
    agent.destroy();
  });

  it("connects from the local address and family of the options", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, { ...only(name), localAddress: "127.0.0.7", family: 4 }));
    await event(session, "open");
    expect([...server.connections].map(({ remoteAddress }) => remoteAddress)).toContain("127.0.0.7");
  });

  it("S30 does not follow a redirect: headers and cookies stay with the host that was named", async () => {
    const other = await startRawEngine();
    const server = createServer((_request, response) => response.writeHead(307, { location: other.url }).end());
    server.on("upgrade", (_request, socket: Duplex) =>
      socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${other.url}\r\nContent-Length: 0\r\n\r\n`),
    );
    track(server.listen(0, "127.0.0.1"));
    await event(server, "listening");
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const session = track(new Session(url, { ...only(name), extraHeaders: { authorization: "secret" } }));
    const [error] = await event<[TransportError]>(session, "error");
    expect(name === "polling" ? error.description : String(error.cause)).toEqual(
      name === "polling" ? 307 : expect.stringContaining("307"),
    );
    expect(other.requests).toEqual([]);
  });

  it("refuses more than maxPayload", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, { ...only(name), maxPayload: 1000 }));
    await event(session, "open");
    server.send(`4${"x".repeat(2000)}`);
    expect((await event(session, "close"))[0]).toMatch(/transport (error|close)/);
  });
});

it("a connected session lets the process end, with autoUnref", async () => {
  const start = () => startRawEngine({ handshake: { upgrades: ["websocket"] } });
  const servers = [await start(), await start(), await start()];
  const output = await runSource(
    `const { Socket: Session } = await import(process.argv[1]);
     const event = (session, name) => new Promise((resolve) => session.on(name, resolve));
     const held = setTimeout(() => {}, 50_000);
     const options = [{ transports: ["polling"] }, { transports: ["websocket"] }, {}];
     await Promise.all(options.map(async (each, index) => {
       const session = new Session(process.argv[index + 2], { autoUnref: true, ...each });
       await event(session, index === 2 ? "upgrade" : "open");
       session.send("x");
       await event(session, "drain");
     }));
     console.log("connected");
     clearTimeout(held);`,
    new URL("../index.ts", import.meta.url).href,
    ...servers.map(({ url }) => url),
  );
  expect(output).toBe("connected\n");
  // A whole process, which compiles its sources, on a machine that may be busy.
}, 60_000);

describe("compression", () => {
  it("is used for messages from the threshold on, unless told not to", async () => {
    const server = await startRawEngine({ ws: { perMessageDeflate: true } });
    const session = track(new Session(server.url, only("websocket")));
    await event(session, "open");
    const socket = [...server.connections][0]!;
    const sizeOf = async (text: string, compress = true): Promise<number> => {
      const before = socket.bytesRead;
      session.send(text, { compress });
      await event(server, "packet");
      return socket.bytesRead - before;
    };
    expect(await sizeOf("x".repeat(1000))).toBeGreaterThan(1000);
    expect(await sizeOf("x".repeat(2000))).toBeLessThan(200);
    expect(await sizeOf("x".repeat(2000), false)).toBeGreaterThan(2000);
  });

  it("can be turned off", async () => {
    const server = await startRawEngine({ ws: { perMessageDeflate: true } });
    const session = track(new Session(server.url, { ...only("websocket"), perMessageDeflate: false }));
    await event(session, "open");
    expect(server.requests[0]?.headers["sec-websocket-extensions"]).toBeUndefined();
  });
});

describe("connections of polling on Node", () => {
  it("are kept alive between polls, and go with the session", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, only("polling")));
    await event(session, "open");
    for (let i = 0; i < 5; i++) {
      session.send(String(i));
      await event(session, "drain");
      server.send(`4${String(i)}`);
      await event(session, "message");
    }
    expect(server.connections.size).toBe(2);
    session.close();
    await until(() => server.connections.size === 0);
  });
});

describe("Fetch on Node", () => {
  const fetching: SessionOptions = { transports: [Fetch] };

  it("carries a session, with headers and cookies", async () => {
    const server = await startRawEngine({
      intercept: (_request, response) => {
        response.setHeader("set-cookie", "sticky=1");
        return false;
      },
    });
    const session = track(
      new Session(server.url, { ...fetching, withCredentials: true, extraHeaders: { "x-own": "1" } }),
    );
    await event(session, "open");
    session.send("over fetch é");
    expect(await event(server, "packet")).toEqual(["4over fetch é"]);
    expect(server.requests.at(-1)?.headers).toMatchObject({ cookie: "sticky=1", "x-own": "1" });
    server.send("4back");
    expect(await event(session, "message")).toEqual(["back"]);
    session.close();
    await until(() => server.packets.includes("1"));
  });

  it("reports statuses, silence and redirects", async () => {
    const server = await startRawEngine();
    let status = 400;
    server.options.intercept = (_request, response) => {
      response.writeHead(status, { location: "http://127.0.0.1:1/" }).end("no");
      return true;
    };
    for (status of [400, 307]) {
      const [error] = await event<[{ context: Response }]>(track(new Session(server.url, fetching)), "error");
      expect(error).toMatchObject({ message: "fetch read error", description: status, context: { status } });
    }
    server.options.intercept = () => true;
    const slow = track(new Session(server.url, { ...fetching, requestTimeout: 20 }));
    expect(await event(slow, "error")).toMatchObject([{ message: "fetch read error", description: 0 }]);
    await server.close();
    const [gone] = await event<[{ cause: Error }]>(track(new Session(server.url, fetching)), "error");
    expect(gone).toMatchObject({ message: "fetch read error", description: 0 });
    expect(gone.cause).toBeInstanceOf(TypeError);
  });

  it("reports a failing post", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, fetching));
    await event(session, "open");
    server.options.intercept = (request, response) => request.method === "POST" && !!response.writeHead(413).end();
    session.send("x");
    expect(await event(session, "error")).toMatchObject([{ message: "fetch write error", description: 413 }]);
  });

  it("is silent about what was aborted", async () => {
    const server = await startRawEngine();
    const session = track(new Session(server.url, { ...fetching, requestTimeout: 1000 }));
    await event(session, "open");
    const onError = vi.fn();
    session.on("error", onError);
    session.close();
    await until(() => session.transport.readyState === "closed");
    expect(onError).not.toHaveBeenCalled();
  });
});
