// One session of an engine over either transport, spoken by hand: what most cases of the engine need.
import { once } from "@everwire/testkit";
import type { Socket } from "@everwire/server/engine";
import { startEngine } from "./engine.js";
import type { EngineOptions } from "./engine.js";
import type { Peer } from "./peers.js";

export type Name = "polling" | "websocket";
export const NAMES: Name[] = ["polling", "websocket"];

export interface Wire {
  session: Socket;
  engine: Awaited<ReturnType<typeof startEngine>>["engine"];
  /** Packets to the server. */
  push(...packets: (string | Buffer)[]): Promise<void>;
  /** The next packet from the server. */
  next(): Promise<string | Buffer>;
}

export async function open(peer: Peer, name: Name, options: EngineOptions = {}): Promise<Wire> {
  const started = await startEngine(peer, options);
  if (name === "polling") {
    const { client, session } = await started.polling();
    return {
      session,
      engine: started.engine,
      push: async (...packets) => {
        await client.push(...packets.map(String));
      },
      next: () => client.next(),
    };
  }
  const { client, session } = await started.websocket();
  return {
    session,
    engine: started.engine,
    push: async (...packets) => {
      for (const packet of packets) client.send(packet);
    },
    next: () => client.nextRaw(),
  };
}

export interface Ended {
  reason: string;
  description: unknown;
}

export const endOf = async (session: Socket): Promise<Ended> => {
  const [reason, description] = await once<[string, unknown]>(session, "close");
  return { reason, description };
};
