// What every attack test checks afterwards: a socket that was there before goes on as if nothing had been, a new one gets
// in, and the server keeps nothing of the offender.
import type { Server, Socket } from "@everwire/server";
import { type RawSession, until } from "@everwire/testkit";
import { expect } from "vitest";
import { serverUnderTest, type ServerUnderTest } from "./support.js";

export interface UnderAttack extends ServerUnderTest {
  /** Fails unless the bystander, a newcomer, and the server's own books are all right. `offenders` sessions may be left. */
  unharmed(offenders?: number): Promise<void>;
  /** Fails unless the bystander is answered while the attack goes on. */
  bystanderIsServed(): Promise<void>;
}

/** A server with an echo and a socket that is connected already. */
export async function underAttack(options: Parameters<typeof serverUnderTest>[0] = {}): Promise<UnderAttack> {
  const under = await serverUnderTest(options);
  withEcho(under.io);
  const { socket: bystander } = await under.client.connected();
  const unharmed = async (offenders = 0): Promise<void> => {
    await echoes(bystander);
    const { socket: newcomer } = await under.client.connected();
    await echoes(newcomer);
    await newcomer.close();
    await until(() => under.io.engine.clientsCount === 1 + offenders, "only the bystander's session");
    await until(() => under.io.of("/").sockets.size <= 1 + offenders, "only the bystander's socket");
    // A connection that nobody reads any more is kept for ever, unless somebody ends it.
    await until(() => under.connections.size <= 1 + offenders, "only the bystander's connection");
    const { suspended } = under.io.engine.counters;
    expect(suspended).toBeLessThanOrEqual(offenders);
    for (const session of Object.values(under.io.engine.clients)) expect(session.bufferedBytes).toBe(0);
    await bystander.close();
  };
  return { ...under, unharmed, bystanderIsServed: () => echoes(bystander) };
}

function withEcho(io: Server): void {
  io.on("connection", (socket: Socket) => {
    socket.on("echo", (value: unknown, ack: (value: unknown) => void) => {
      ack(value);
    });
  });
}

let nextId = 1;

async function echoes(socket: RawSession): Promise<void> {
  const id = String(nextId++);
  socket.send(`42${id}["echo","${id}"]`);
  expect(await socket.nextText({ timeoutMs: 3_000 })).toBe(`43${id}["${id}"]`);
}
