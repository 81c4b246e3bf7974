// A log that several servers share, as a broker keeps one, and an adapter over it: it does what published adapters over such a log
// do, but in steps that a test can stop: publishing, reading, and looking up what a session missed.
import type { AdapterConstructor } from "@everwire/server";
import { ClusterAdapter as OwnClusterAdapter, type Session } from "@everwire/server/adapter";
import { ClusterAdapter as PublishedClusterAdapter } from "socket.io-adapter";

interface Message {
  uid: string;
  nsp: string;
  type: number;
  data: {
    packet: { data: unknown[] };
    opts: { rooms: string[]; except: string[]; flags: object };
    requestId?: string;
  };
}

interface Entry {
  readonly offset: string;
  readonly message: Message;
}

const BROADCAST = 3;
const numberOf = (offset: string | undefined): number => Number(offset?.slice(2));
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What the base class has for those who extend it. */
interface Base {
  readonly uid: string;
  readonly nsp: { readonly name: string };
  onMessage(message: Message, offset?: string): void;
  onResponse(response: unknown): void;
}

interface Reader {
  read(): Promise<void>;
  hear(message: Message): void;
}

export class SharedLog {
  readonly entries: Entry[] = [];
  readonly sessions = new Map<string, string>();
  /** How many entries one look gives. */
  readAtMost = Infinity;
  /** How many are read at a time. */
  pageSize = Infinity;
  /** Runs between two pages. */
  onPage: (() => Promise<void> | void) | undefined;
  /** Runs between a look into the log and its answer. */
  onLook: ((look: number) => Promise<void> | void) | undefined;
  /** Runs before the log tells who publishes that it has the message. */
  onPublished: (() => Promise<void> | void) | undefined;
  /** Servers read on only while it lets them. */
  reading: Promise<void> = Promise.resolve();
  /** Servers do not read what they wrote themselves. */
  skipsOwn = false;
  looks = 0;
  dropped = 0;
  readonly #readers = new Set<Reader>();
  #count = 0;

  readonly #Reader: ReturnType<typeof readerOver>;

  /** @param base what the adapter is made of: the published class, or ours. */
  constructor(base: keyof typeof BASES = "published") {
    this.#Reader = readerOver(BASES[base] as unknown as new (nsp: unknown) => Base);
  }

  /** The option `adapter` of a server. */
  get adapter(): AdapterConstructor {
    const adapter = (nsp: unknown): object => new this.#Reader(nsp, this);
    return adapter as unknown as AdapterConstructor;
  }

  /** Drops the oldest entries. */
  trim(kept: number): void {
    this.dropped += this.entries.splice(0, this.entries.length - kept).length;
  }

  join(reader: Reader): void {
    this.#readers.add(reader);
  }

  leave(reader: Reader): void {
    this.#readers.delete(reader);
  }

  get serverCount(): number {
    return this.#readers.size;
  }

  append(message: Message): string {
    const offset = `1-${String(++this.#count)}`;
    this.entries.push({ offset, message: structuredClone(message) });
    for (const reader of this.#readers) void reader.read();
    return offset;
  }

  /** To all who listen right now. */
  tell(message: unknown): void {
    for (const reader of this.#readers) setImmediate(() => reader.hear(structuredClone(message) as Message));
  }
}

const BASES = { published: PublishedClusterAdapter, own: OwnClusterAdapter };

/** An adapter of one server over the log. */

function readerOver(Parent: new (nsp: unknown) => Base) {
  return class LogReader extends Parent implements Reader {
    readonly #log: SharedLog;
    #at: number;
    #isReading = false;

    constructor(nsp: unknown, log: SharedLog) {
      super(nsp);
      this.#log = log;
      this.#at = log.dropped + log.entries.length;
      log.join(this);
    }

    serverCount(): Promise<number> {
      return Promise.resolve(this.#log.serverCount);
    }

    close(): void {
      this.#log.leave(this);
    }

    async doPublish(message: Message): Promise<string> {
      await nextTurn();
      if (message.type !== BROADCAST || message.data.requestId !== undefined) {
        this.#log.tell(message);
        return "";
      }
      const offset = this.#log.append(message);
      await this.#log.onPublished?.();
      return offset;
    }

    doPublishResponse(_requesterUid: string, response: unknown): Promise<void> {
      this.#log.tell(response);
      return Promise.resolve();
    }

    hear(message: Message): void {
      this.onMessage(message);
    }

    async read(): Promise<void> {
      if (this.#isReading) return;
      this.#isReading = true;
      for (;;) {
        await nextTurn();
        await this.#log.reading;
        const entry = this.#log.entries[this.#at - this.#log.dropped];
        if (entry === undefined) break;
        this.#at++;
        const isOwn = entry.message.uid === this.uid;
        if (entry.message.nsp === this.nsp.name && !(isOwn && this.#log.skipsOwn)) {
          this.onMessage(structuredClone(entry.message), entry.offset);
        }
      }
      this.#isReading = false;
    }

    persistSession(session: Session): void {
      this.#log.sessions.set(session.pid, JSON.stringify(session));
    }

    async restoreSession(pid: string, offset: string | undefined): Promise<Session> {
      const log = this.#log;
      const kept = log.sessions.get(pid);
      log.sessions.delete(pid);
      const isKnown = log.entries.some((entry) => entry.offset === offset);
      const session = kept === undefined ? undefined : (JSON.parse(kept) as Session);
      const later: Entry[] = [];
      // Page by page, as a long log is read; what it drops meanwhile is passed over.
      for (let after = numberOf(offset); isKnown && later.length < log.readAtMost;) {
        const page = log.entries.filter((entry) => numberOf(entry.offset) > after).slice(0, log.pageSize);
        later.push(...page.slice(0, log.readAtMost - later.length));
        if (page.length < log.pageSize) break;
        after = numberOf(page.at(-1)?.offset);
        await log.onPage?.();
      }
      await log.onLook?.(++log.looks);
      // As a published adapter says it: with a rejection, and that is no error.
      if (session === undefined || !isKnown) return Promise.reject("session or offset not found");
      const isFor = ({ message }: Entry): boolean => {
        const { rooms, except } = message.data.opts;
        if (message.nsp !== this.nsp.name || except.some((room) => session.rooms.includes(room))) return false;
        return rooms.length === 0 || rooms.some((room) => session.rooms.includes(room));
      };
      const missedPackets = later.filter(isFor).map((entry) => [...entry.message.data.packet.data, entry.offset]);
      return { ...session, missedPackets };
    }
  };
}
