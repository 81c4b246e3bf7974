// Jsonp: polling by scripts and forms in the place of requests (docs/PROTOCOL.md, "JSONP"), for engines that have no WebSocket and may not
// read a request to another origin. Only for who asks for it by name; the server has to allow it.
import { Polling } from "../engine/transports/polling.js";
import type { TransportOptions } from "../engine/transports/transport.js";
import { sendBeacon } from "./beacon.js";
import { JsonpPort } from "./request-jsonp.js";

export class Jsonp extends Polling {
  readonly #port = new JsonpPort();

  constructor(options: TransportOptions) {
    super(options);
    this.query.transport = "polling";
    this.query.j = this.#port.index;
  }

  override get name(): string {
    return "jsonp";
  }

  protected override get port(): JsonpPort {
    return this.#port;
  }

  override leave(): void {
    // The field of a form that says: close.
    if (this.query.sid) sendBeacon(this.uri(), "d=1");
    this.drop();
  }
}
