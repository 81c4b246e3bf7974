import { afterEach, describe, expect, test } from "vitest";
import * as client from "@everwire/client";
import "./engine/register-every.js";
import { io, type IoOptions } from "./lookup.js";
import { Manager } from "./manager.js";
import { Socket } from "./socket.js";

const sockets: Socket[] = [];
let port = 1;

function look(address?: string, options?: IoOptions): Socket {
  const socket = io(address, { autoConnect: false, ...options });
  sockets.push(socket);
  return socket;
}

// Each test has a server address of its own, since Managers are kept.
const host = (): string => `http://127.0.0.1:${String(++port)}`;

afterEach(() => sockets.splice(0).forEach((socket) => void socket.disconnect()));

describe("io()", () => {
  test("is the default export, callable by three names, with the classes on it", () => {
    expect(client.default).toBe(io);
    expect(client.connect).toBe(io);
    expect([io.Manager, io.Socket]).toEqual([Manager, Socket]);
    expect(client.protocol).toBe(5);
    for (const call of [io, io.io, io.connect]) expect(call(host(), { autoConnect: false })).toBeInstanceOf(Socket);
  });

  test("shares a Manager among namespaces of one server and path", () => {
    const url = host();
    expect(look(`${url}/a`).io).toBe(look(`${url}/b`).io);
    expect(look(`${url}/a`, { path: "/other" }).io).not.toBe(look(`${url}/b`).io);
    expect(look(`${url}/c`).io).not.toBe(look(`${host()}/c`).io);
  });

  test("the default port is no other server", () => {
    expect(look("http://ports.test/a").io).toBe(look("http://ports.test:80/b").io);
    expect(look("https://ports.test/a").io).toBe(look("https://ports.test:443/b").io);
    expect(look("https://ports.test/c").io).not.toBe(look("http://ports.test/d").io);
  });

  test("makes a Manager of its own when told to, and for a namespace that is taken", () => {
    const url = host();
    const { io: first } = look(`${url}/a`);
    expect(look(`${url}/b`, { forceNew: true }).io).not.toBe(first);
    expect(look(`${url}/b`, { "force new connection": true } as IoOptions).io).not.toBe(first);
    expect(look(`${url}/b`, { multiplex: false }).io).not.toBe(first);
    expect(look(`${url}/a`).io).not.toBe(first);
    expect(look(`${url}/b`).io).toBe(first);
  });

  test("a Manager that was not to be shared is not handed to the next", () => {
    const url = host();
    const { io: own } = look(`${url}/a`, { forceNew: true });
    expect(look(`${url}/b`).io).not.toBe(own);
  });

  test("a kept Manager keeps its first options", () => {
    const url = host();
    look(`${url}/a`, { reconnectionDelay: 7 });
    expect(look(`${url}/b`, { reconnectionDelay: 8 }).io.reconnectionDelay()).toBe(7);
  });

  test("takes the namespace from the path, and the query from the address unless `query` is given", () => {
    const url = host();
    expect(look(`${url}/a/b`).nsp).toBe("/a/b");
    expect(look(url).nsp).toBe("/");
    expect(look(`${host()}/a?b=c&d=e%3D`).io.opts.query).toEqual({ b: "c", d: "e=" });
    const given = look(`${host()}/a?b=c`, { query: { x: "y" } });
    expect(given.io.opts.query).toEqual({ x: "y" });
    expect(given.io.uri).not.toContain("b=c");
  });

  test("takes options alone; without a page to name the server the connection fails", async () => {
    const socket = io({ transports: ["websocket"], reconnection: false });
    sockets.push(socket);
    const error = await new Promise<Error>((resolve) => socket.once("connect_error", resolve));
    expect([socket.nsp, error.message]).toEqual(["/", "websocket error"]);
  });

  test("hands its options to Manager and Socket, and leaves the caller's object alone", () => {
    const options = Object.freeze({ auth: { token: "x" }, reconnectionAttempts: 3 });
    const socket = look(`${host()}/?a=b`, options);
    expect([socket.auth, socket.io.reconnectionAttempts()]).toEqual([{ token: "x" }, 3]);
  });
});
