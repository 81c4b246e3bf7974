// What the login tests share: HTTP requests with a cookie, and clients that connect or are refused.
import { io as everwireClient, type Socket } from "@everwire/client";
import { httpRequest, once } from "@everwire/testkit";
import { io as stockClient } from "socket.io-client";

export type Client = Socket;
export type Connect = typeof everwireClient;

export const CLIENTS: readonly [string, Connect][] = [
  ["our client", everwireClient],
  ["a stock client", stockClient as unknown as Connect],
];
export const WAYS: readonly (readonly string[])[] = [["polling"], ["websocket"], ["polling", "websocket"]];

export const PASSWORDS = { ada: "engine-1843", grace: "compiler-1952" } as const;

export interface Answer {
  readonly status: number;
  /** `name=value` of the cookie that the answer sets; undefined if it sets none. */
  readonly cookie: string | undefined;
  readonly text: string;
}

export async function post(
  url: string,
  { cookie, data = {} }: { cookie?: string; data?: unknown } = {},
): Promise<Answer> {
  const headers = { "content-type": "application/json", ...(cookie !== undefined && { cookie }) };
  const {
    status,
    headers: got,
    text,
  } = await httpRequest(url, { method: "POST", headers, body: JSON.stringify(data) });
  return { status, cookie: got["set-cookie"]?.[0]?.split(";")[0], text };
}

/** The cookie of a new login. */
export async function login(url: string, name: keyof typeof PASSWORDS): Promise<string> {
  const { status, cookie } = await post(`${url}/login`, { data: { name, password: PASSWORDS[name] } });
  if (status !== 204 || cookie === undefined) throw new Error(`failed to log in: the answer has status ${status}`);
  return cookie;
}

const clients: Client[] = [];

/** A client that begins to connect; ended by `endClients`. */
export function begin(
  url: string,
  [connect, transports, cookie]: [Connect, readonly string[], (string | undefined)?],
): Client {
  const extraHeaders = cookie === undefined ? {} : { cookie };
  const client = connect(url, { transports: [...transports], extraHeaders, forceNew: true, reconnection: false });
  clients.push(client);
  return client;
}

export function endClients(): void {
  for (const client of clients.splice(0)) client.disconnect();
}

/** Waits until it is welcomed and has settled on its last transport; gives the name of its user. */
export async function welcomed(client: Client, transports: readonly string[]): Promise<unknown> {
  const [name] = await Promise.race([once(client, "welcome"), once(client, "connect_error").then(fail)]);
  const { engine } = client.io;
  if (engine.transport.name !== transports.at(-1)) await once(engine, "upgrade");
  return name;
}

function fail([error]: unknown[]): never {
  throw error;
}

/** The `connect_error` that it gets. */
export async function refused(client: Client): Promise<Error & { data?: unknown }> {
  const [error] = await Promise.race([
    once<[Error]>(client, "connect_error"),
    once(client, "connect").then(() => [new Error("it was accepted")]),
  ]);
  return error;
}
