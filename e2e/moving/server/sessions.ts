// A session in a signed cookie, as a middleware of the kind that web frameworks use: `request.session` is there for who comes
// next, and is written back with the headers of the response. It survives a restart of the server, for the secret does.
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface Session {
  readonly id: string;
  name?: string;
}

export interface SessionRequest extends IncomingMessage {
  session?: Session;
}

type Next = (error?: Error) => void;

const COOKIE = "auction";

export function cookieSessions(secret: string) {
  const sign = (text: string): string => createHmac("sha256", secret).update(text).digest("base64url");

  function read(header: string): Session | undefined {
    const [, text = "", signature = ""] = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)\\.([\\w-]+)`).exec(header) ?? [];
    const expected = Buffer.from(sign(text));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return JSON.parse(Buffer.from(text, "base64url").toString()) as Session;
  }

  const write = (session: Session): string => {
    const text = Buffer.from(JSON.stringify(session)).toString("base64url");
    return `${COOKIE}=${text}.${sign(text)}; Path=/; HttpOnly; SameSite=Lax`;
  };

  return (request: SessionRequest, response: ServerResponse, next: Next): void => {
    const known = read(request.headers.cookie ?? "");
    const session = known ?? { id: randomUUID() };
    const before = known === undefined ? "" : JSON.stringify(known);
    request.session = session;
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
    response.writeHead = (...args: unknown[]) => {
      if (JSON.stringify(session) !== before) response.setHeader("Set-Cookie", write(session));
      return writeHead(...args);
    };
    next();
  };
}

export function nameOf(request: IncomingMessage): string | undefined {
  return (request as SessionRequest).session?.name;
}
