// The heartbeat of a session in Engine.IO protocol revision 3: the client pings, the server answers and notices when no ping comes.
// It stands where heartbeat.ts stands for revision 4; the session chooses by its protocol.
import { Deadline } from "./deadlines.js";
import type { HeartbeatHost, SessionHeartbeat } from "./heartbeat.js";

export class LegacyHeartbeat extends Deadline implements SessionHeartbeat {
  readonly #host: HeartbeatHost;
  readonly beat = "ping";

  constructor(host: HeartbeatHost) {
    super();
    this.#host = host;
  }

  start(): void {
    const { deadlines, opts } = this.#host.server;
    deadlines.set(this, opts.pingInterval + opts.pingTimeout);
  }

  stop(): void {
    this.#host.server.deadlines.clear(this);
  }

  onBeat(): void {
    this.start();
  }

  onOtherPacket(): void {
    // Only pings tell that the client's own heartbeat is alive.
  }

  override onDeadline(): void {
    this.#host.onPingTimeout();
  }
}
