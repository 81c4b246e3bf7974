// A session over long polling as its client keeps it: one lane for polls, one for posts.
import { HttpLane } from "./http-lane.mjs";

const SEPARATOR = "\x1e";

export class PollingSession {
  sid;
  #polls;
  #posts;
  #dialect;
  #sent = 0;
  #received = 0;

  /** Opens a session up to the end of the peer's handshake. @returns {Promise<PollingSession>} */
  static async open(port, dialect) {
    const session = new PollingSession();
    session.#dialect = dialect;
    session.#polls = new HttpLane(port);
    session.#posts = new HttpLane(port);
    const { path, join } = dialect.polling;
    const open = await session.#polls.get(path);
    session.sid = JSON.parse(open.slice(1)).sid;
    if (join === undefined) return session;
    const polled = session.poll();
    await session.send([join]);
    const [answer] = await polled;
    if (!answer.startsWith(`${join}{`)) throw new Error(`failed to connect by polling: got ${answer}`);
    return session;
  }

  /** The packets of one poll. @returns {Promise<string[]>} */
  async poll() {
    const ack = this.#dialect.resume ? `&ack=${this.#received}` : "";
    const body = await this.#polls.get(`${this.#dialect.polling.path}&sid=${this.sid}${ack}`);
    const packets = body.split(SEPARATOR);
    for (const packet of packets) if (packet.startsWith("4")) this.#received++;
    return packets;
  }

  /** Sends packets in one body. @param {string[]} packets */
  async send(packets) {
    const count = this.#dialect.resume ? `&n=${this.#sent}&ack=${this.#received}` : "";
    for (const packet of packets) if (packet.startsWith("4")) this.#sent++;
    const path = `${this.#dialect.polling.path}&sid=${this.sid}${count}`;
    const answer = await this.#posts.post(path, packets.join(SEPARATOR));
    if (answer !== "ok") throw new Error(`failed to post: the answer is ${answer}`);
  }

  /** Tells the server that the session is over; it need not answer. */
  async leave() {
    await this.send(["1"]).catch(() => {});
    await this.release();
  }

  /** Lets go of both lanes. */
  async release() {
    await Promise.all([this.#polls.close(), this.#posts.close()]);
  }
}
