// Sessions that break and come back, spoken by hand: nothing in the client is ours but the bytes.
import type { Server, Socket } from "@everwire/server";
import { once, RawEngineClient, type RawSession, type StartServerOptions } from "@everwire/testkit";
import { serve as serveStock } from "./stock-client.js";

export interface Joined {
  wire: RawSession;
  socket: Socket;
  answer: { sid: string; pid: string };
}

/** A server with connection state recovery, and a way to join its main namespace. */
export async function serve(options: StartServerOptions = {}): Promise<{
  io: Server;
  url: string;
  join(auth?: Record<string, unknown>): Promise<Joined>;
  raw: RawEngineClient;
}> {
  const { io, url } = await serveStock({ connectionStateRecovery: {}, ...options });
  const raw = new RawEngineClient(url);
  const join = async (auth?: Record<string, unknown>): Promise<Joined> => {
    const connection = once<[Socket]>(io, "connection");
    const wire = await raw.websocket();
    wire.send(auth === undefined ? "40" : `40${JSON.stringify(auth)}`);
    const [socket] = await connection;
    return { wire, socket, answer: { sid: socket.id, pid: socket.pid! } };
  };
  return { io, url, join, raw };
}

/** Breaks the connection without a word. */
export async function lose({ wire, socket }: Joined): Promise<void> {
  const gone = once(socket, "disconnect");
  wire.terminate();
  await gone;
}

/** Reads events up to the CONNECT answer. */
export async function untilConnected(
  wire: RawSession,
): Promise<{ missed: unknown[][]; answer: Record<string, unknown> }> {
  const missed: unknown[][] = [];
  for (;;) {
    const text = await wire.nextText();
    if (text.startsWith("40")) return { missed, answer: JSON.parse(text.slice(2)) as Record<string, unknown> };
    missed.push(JSON.parse(text.slice(2)) as unknown[]);
  }
}
