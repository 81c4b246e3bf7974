// Runs the cases of old clients on one server, with each version over each transport. The same table runs on the stock server, so that
// what it expects is what users of that one have.
import io1 from "socket.io-client-1";
import io2 from "socket.io-client-2";
import io3 from "socket.io-client-3";
import * as current from "socket.io-client";
import { afterAll, beforeAll, describe, test } from "vitest";
import { OLD_BINARY_CASES } from "../cases/old-binary.js";
import { OLD_CONNECT_CASES } from "../cases/old-connect.js";
import { OLD_LIFE_CASES } from "../cases/old-life.js";
import { OLD_MESSAGE_CASES } from "../cases/old-messages.js";
import { OLD_ROOM_CASES } from "../cases/old-rooms.js";
import { jsClient } from "./js-client.js";
import type { ClientModule, ServerModule } from "./js-modules.js";
import { jsServer } from "./js-server.js";
import { OldLink, type OldClient, type OldLinkOptions } from "./old-client.js";
import type { Link, LinkOptions, Mode, RunningServer, ServerOptions } from "./ports.js";

export interface OldWorld {
  readonly mode: Mode;
  readonly client: OldClient;
  readonly server: RunningServer;
  /**
   * Text of all kinds, as far as the client can carry it: version 1 encodes text twice over long-polling, which no server can tell from
   * text that is meant like that.
   */
  readonly text: string;
  open(options?: Partial<OldLinkOptions>): OldLink;
  /** A client of today, over WebSocket unless the options say otherwise. */
  openCurrent(options?: Partial<LinkOptions>): Promise<Link>;
}

export interface OldCase {
  title: string;
  modes?: Mode[];
  /** Only for clients of this revision of the Engine.IO protocol. */
  protocol?: 3 | 4;
  /** The case wants a server of its own, with these options. */
  ownServer?: ServerOptions;
  run(world: OldWorld): Promise<void>;
}

const ASCII = 'ASCII: \\n \n \u001e " <>&=';
const UNICODE = "€ ünïcode 𝒳 👩🏽‍🚀 שלום e\u0301 \u2028 " + ASCII;

const CASES = [...OLD_CONNECT_CASES, ...OLD_MESSAGE_CASES, ...OLD_BINARY_CASES, ...OLD_ROOM_CASES, ...OLD_LIFE_CASES];

const CLIENTS: OldClient[] = [
  { name: "socket.io-client 1.7.4", module: io1, protocol: 3, major: 1 },
  { name: "socket.io-client 2.5.0", module: io2, protocol: 3, major: 2 },
  { name: "socket.io-client 3.1.3", module: io3, protocol: 4, major: 3 },
];

const MODES: Mode[] = ["polling", "websocket", "upgrade"];

export function runOldClients(serverName: string, module: ServerModule): void {
  const servers = jsServer(serverName, module);
  const today = jsClient("stock client", current as unknown as ClientModule);
  const start = ({ extra, ...rest }: ServerOptions = {}): Promise<RunningServer> =>
    servers.start({ ...rest, extra: { allowEIO3: true, ...extra } });

  describe.each(CLIENTS)("$name -> " + serverName, (client) => {
    describe.each(MODES)("%s", (mode) => {
      let shared: RunningServer;
      beforeAll(async () => {
        shared = await start();
      });
      afterAll(() => shared.stop());

      const cases = CASES.filter(
        ({ modes, protocol }) => (modes ?? MODES).includes(mode) && (protocol ?? client.protocol) === client.protocol,
      );
      test.each(cases.map((entry) => [entry.title, entry] as const))("%s", async (_title, entry) => {
        const server = entry.ownServer ? await start(entry.ownServer) : shared;
        const links: { close(): unknown }[] = [];
        const keep = <T extends { close(): unknown }>(link: T): T => {
          links.push(link);
          return link;
        };
        try {
          await entry.run({
            mode,
            client,
            server,
            text: client.major === 1 && mode !== "websocket" ? ASCII : UNICODE,
            open: (options) => keep(new OldLink(client, server.url, { mode, ...options })),
            openCurrent: async (options) => keep(await today.open(server.url, { mode: "websocket", ...options })),
          });
        } finally {
          for (const link of links) await link.close();
          if (server !== shared) await server.stop();
        }
      });
    });
  });
}
