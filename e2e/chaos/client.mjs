// One client of the chaos suite: says its numbered messages, answers the server's questions, and writes down all that happens to it,
// in order. It judges nothing: the oracle does.
import { makePayload, isWhole } from "./payload.mjs";
import { steadyNow } from "./clock.mjs";

/** How long an acknowledgement may take, faults included, before it is an explicit failure. */
const ACK_TIMEOUT_MS = 40_000;

export class ChaosClient {
  name;
  /** What happened, in order; the oracle's file says what the entries are. */
  events = [];
  #socket;
  #rooms;
  /** Messages said, by room. */
  #said = {};
  /** The last number heard, by room; undefined before the join is answered. */
  #heard = {};
  /** The connection that lasts stands in the journal. */
  #hasNoted = false;
  #unsettled = 0;
  #slowestAckMs = 0;

  constructor(io, url, { name, transports, rooms }) {
    this.name = name;
    this.#rooms = rooms;
    this.#socket = io(url, {
      transports,
      auth: { name },
      forceNew: true,
      resume: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      requestTimeout: 5_000,
    });
    this.#socket.on("connect", () => this.#onConnect());
    this.#socket.on("said", (room, number, sender, senderNumber, payload) => {
      this.#noteConnect();
      this.events.push(["heard", room, number, sender, senderNumber, isWhole(payload, senderNumber)]);
      if (this.#heard[room] !== undefined) this.#heard[room] = number;
    });
    this.#socket.on("ask", (number, answer) => {
      this.#noteConnect();
      this.events.push(["asked", number]);
      answer(number);
    });
    this.#socket.on("blip", (number) => this.events.push(["blip", number]));
    this.#socket.on("disconnect", (reason) => {
      this.#hasNoted = false;
      this.events.push(["disconnect", reason]);
    });
    this.#socket.io.on("suspend", (reason) => this.events.push(["suspend", reason]));
    this.#socket.io.on("resume", () => this.events.push(["resume"]));
  }

  get status() {
    const { engine } = this.#socket.io;
    return {
      name: this.name,
      rooms: this.#rooms,
      id: this.#socket.id,
      heard: this.#heard,
      unsettled: this.#unsettled,
      slowestAckMs: Math.round(this.#slowestAckMs),
      session: `${engine?.readyState} over ${engine?.transport?.name}`,
    };
  }

  say({ count, bytes, isBinary }) {
    for (let i = 0; i < count; i += 1) {
      for (const room of this.#rooms) {
        const number = (this.#said[room] = (this.#said[room] ?? 0) + 1);
        this.events.push(["say", room, number]);
        this.#unsettled += 1;
        const saidAt = steadyNow();
        let isFirst = true;
        this.#socket
          .timeout(ACK_TIMEOUT_MS)
          .emit("say", room, number, makePayload(number, { bytes, isBinary }), (error, answer) => {
            this.events.push(["ack", room, number, error?.message ?? null, answer]);
            if (isFirst) this.#unsettled -= 1;
            isFirst = false;
            if (!error) this.#slowestAckMs = Math.max(this.#slowestAckMs, steadyNow() - saidAt);
          });
      }
    }
  }

  close() {
    this.#socket.disconnect();
  }

  /** What recovery brings comes right before the event of the connection that brings it. */
  #noteConnect() {
    const { id, recovered, connected } = this.#socket;
    if (this.#hasNoted || !connected) return;
    this.#hasNoted = true;
    this.events.push(["connect", id, recovered === true]);
  }

  #onConnect() {
    this.#noteConnect();
    // The server says that nothing was missed: then the numbers go on. Else they start anew with the answer to the join.
    const hasJoined = this.#rooms.every((room) => this.#heard[room] !== undefined);
    if (this.#socket.recovered && hasJoined) return;
    this.#heard = {};
    this.#socket.emit("join", this.#rooms, (numbers) => {
      this.events.push(["joined", numbers]);
      Object.assign(this.#heard, numbers);
    });
  }
}
