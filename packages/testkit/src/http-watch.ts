// HttpWatch: what one proxied connection is used for, read off the bytes that go up it: which request it carries, and when it has
// become a tunnel. Requests are not pipelined, so whatever comes down after one is its answer. Owned by a connection of FaultProxy.

/** A head longer than this is none: the connection is then passed on unwatched. */
const MAX_HEAD_CHARACTERS = 64 * 1024;
const HEAD_END = "\r\n\r\n";

/** "" before the first request, and where it is not HTTP. */
export type Carried = "" | "GET" | "POST" | "other" | "websocket";

export class HttpWatch {
  #head = "";
  #bodyBytes = 0;
  #isUnknown = false;
  #carried: Carried = "";
  #isAnswered = true;

  /** The last request whose head was read. */
  get carried(): Carried {
    return this.#carried;
  }

  /** Bytes come down; true for the first ones of an answer. */
  answer(): boolean {
    const isFirst = !this.#isAnswered;
    this.#isAnswered = true;
    return isFirst;
  }

  /** Bytes go up, cut anywhere. */
  read(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#isUnknown && this.#carried !== "websocket") {
      const skipped = Math.min(this.#bodyBytes, rest.length);
      this.#bodyBytes -= skipped;
      rest = rest.subarray(skipped);
      const before = this.#head.length;
      this.#head += rest.toString("latin1");
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) {
        this.#isUnknown = this.#head.length > MAX_HEAD_CHARACTERS;
        return;
      }
      const head = this.#head.slice(0, end);
      this.#head = "";
      this.#onHead(head);
      rest = rest.subarray(end + HEAD_END.length - before);
    }
  }

  #onHead(head: string): void {
    const method = /^[A-Z]+(?= )/.exec(head)?.[0];
    this.#isUnknown = method === undefined || /^transfer-encoding:/im.test(head);
    this.#bodyBytes = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    this.#isAnswered = false;
    if (/^upgrade: *websocket/im.test(head)) this.#carried = "websocket";
    else this.#carried = method === "GET" || method === "POST" ? method : "other";
  }
}
