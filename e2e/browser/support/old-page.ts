// Pages with the published bundle of Socket.IO 2, as a browser runs it. Used by the specs of old clients.
import { createRequire } from "node:module";
import type { Server } from "@everwire/server";
import type { Page } from "@playwright/test";
import type { Site } from "./site.js";

const BUNDLE = createRequire(import.meta.url).resolve("socket.io-client-2/dist/socket.io.js");

/** What the specs use of the old client. */
export interface OldSocket {
  readonly id: string;
  readonly io: {
    readonly engine: {
      readonly transport: { readonly name: string };
      once(event: string, listener: () => void): void;
    };
  };
  on(event: string, listener: (...args: never[]) => void): void;
  emit(event: string, ...args: unknown[]): void;
}

/** What such a page has. */
export interface OldGlobals {
  io: (uri: string, options: Record<string, unknown>) => OldSocket;
  old: OldSocket;
}

export const OLD_SERVER = { allowEIO3: true };

/** The server's part: acknowledges with what came, and lets a page join a room. */
export function echo(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("echo", (...args: unknown[]) => {
      (args.pop() as (...args: unknown[]) => void)(...args);
    });
    socket.on("join", (ack: () => void) => {
      void socket.join("room");
      ack();
    });
  });
}

/** Opens a page of `site` that connects to `uri`; the id of its socket, or why there is none. */
export async function connectOld(
  site: Site,
  page: Page,
  uri: string,
  options: Record<string, unknown>,
): Promise<string> {
  await page.goto(`${site.url}/blank`);
  await page.addScriptTag({ path: BUNDLE });
  return page.evaluate(
    ([uri, options]) =>
      new Promise<string>((resolve) => {
        const globals = globalThis as unknown as OldGlobals;
        globals.old = globals.io(uri, { reconnection: false, ...options });
        globals.old.on("connect", () => resolve(globals.old.id));
        globals.old.on("connect_error", () => resolve("refused"));
      }),
    [uri, options] as const,
  );
}

/** Emits in the page; what the server acknowledged. */
export function callOld(page: Page, event: string, ...args: unknown[]): Promise<unknown[]> {
  return page.evaluate(
    ([event, args]) =>
      new Promise<unknown[]>((resolve) => {
        const { old } = globalThis as unknown as OldGlobals;
        old.emit(event, ...args, (...answers: unknown[]) => resolve(answers));
      }),
    [event, args] as const,
  );
}
