// One client of the chaos suite: says its numbered messages, and writes down everything that it is told.

/** How long an acknowledgement may take, faults included, before it is an explicit failure. */
const ACK_TIMEOUT_MS = 40_000;

export class ChaosClient {
  name;
  /** What went wrong, in words. */
  violations = [];
  disconnects = [];
  suspends = 0;
  /** Messages said, by room. */
  said = {};
  /** By "room number": how often the acknowledgement came, and with what. */
  acks = new Map();
  /** The last number heard, by room; undefined before the join is answered. */
  heard = {};
  received = 0;
  #socket;
  #rooms;
  #lastBlip = 0;

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
    this.#socket.on("said", (room, number, payload) => this.#onSaid(room, number, payload));
    this.#socket.on("blip", (number) => {
      if (number <= this.#lastBlip) this.#report(`volatile ${number} after ${this.#lastBlip}`);
      this.#lastBlip = number;
    });
    this.#socket.on("disconnect", (reason) => {
      if (!reason) this.#report("disconnected without a reason");
      this.disconnects.push(reason);
    });
    this.#socket.io.on("suspend", () => (this.suspends += 1));
  }

  get hasJoined() {
    return this.#rooms.every((room) => this.heard[room] !== undefined);
  }

  /** Messages whose acknowledgement is still to come. */
  get unsettled() {
    return [...this.acks.values()].filter(({ count }) => count === 0).length;
  }

  say({ count, bytes, isBinary }) {
    for (let i = 0; i < count; i += 1) {
      for (const room of this.#rooms) {
        const number = (this.said[room] = (this.said[room] ?? 0) + 1);
        const payload = isBinary ? Buffer.alloc(bytes, number % 256) : "x".repeat(bytes);
        const ack = { count: 0, isOk: false };
        this.acks.set(`${room} ${number}`, ack);
        this.#socket
          .timeout(ACK_TIMEOUT_MS)
          .emit("say", room, number, isBinary ? payload : payload.length, (error, answer) => {
            ack.count += 1;
            ack.isOk = !error;
            if (ack.count > 1) this.#report(`acknowledged twice: ${room} ${number}`);
            if (!error && answer !== number) this.#report(`acknowledged as ${answer}: ${room} ${number}`);
          });
      }
    }
  }

  close() {
    this.#socket.disconnect();
  }

  describe() {
    const { engine } = this.#socket.io;
    return `${this.name}: ${this.#socket.connected ? "connected" : "not connected"}, session ${engine?.readyState} over ${engine?.transport?.name}`;
  }

  #onConnect() {
    // The server says that nothing was missed: then the numbers go on. Else they start anew with the answer to the join.
    if (this.#socket.recovered && this.hasJoined) return;
    this.heard = {};
    this.#socket.emit("join", this.#rooms, (numbers) => {
      for (const [room, number] of Object.entries(numbers)) this.heard[room] = number;
    });
  }

  #onSaid(room, number, payload) {
    this.received += 1;
    const last = this.heard[room];
    if (last === undefined) return;
    if (number !== last + 1) this.#report(`heard ${number} after ${last} in ${room}`);
    if (typeof payload === "object" && !(payload.byteLength >= 0)) this.#report(`damaged payload in ${room} ${number}`);
    this.heard[room] = number;
  }

  #report(what) {
    if (this.violations.length < 20) this.violations.push(`${this.name} ${what}`);
  }
}
