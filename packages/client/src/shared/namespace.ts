// SharedNamespace: one namespace on a shared connection, and the tabs that are in it. To the server they are one client: it is asked once,
// its answer is given to each, and ids of acknowledgements are changed on the way so that answers find the tab that asked.
import { PacketType } from "@everwire/protocol";
import { chunksOf, type Frame } from "./frame.js";
import type { Line } from "./line.js";
import type { RecoveryTokens } from "./recovery-tokens.js";

/** What the server's connection state recovery goes on from. */
export interface Recovery {
  pid: string;
  offset?: string | undefined;
}

/** Questions of either side that may wait for their answers; the oldest are given up. */
const MAX_WAITING_ANSWERS = 65_536;

/** Characters; who looks for an offset does not walk a large event. */
const MAX_OFFSET_LENGTH = 512;

interface Question {
  readonly line: Line;
  readonly id: number;
}

export class SharedNamespace {
  readonly name: string;
  /** Who the tabs say that they are, as JSON. */
  readonly identity: string;
  /** With the token of recovery that each came with. */
  readonly members = new Map<Line, string | undefined>();
  /** Of the present connection, or while it is asked for, of the one to be recovered. */
  recovery: Recovery | undefined;
  readonly #tokens: RecoveryTokens;
  /** The server's, to CONNECT. */
  #answer: Frame | undefined;
  readonly #ofTabs = new Map<number, Question>();
  readonly #ofServer = new Set<number>();

  constructor(name: string, identity: string, recovery: Recovery | undefined, tokens: RecoveryTokens) {
    this.name = name;
    this.identity = identity;
    this.recovery = recovery;
    this.#tokens = tokens;
  }

  get isConnected(): boolean {
    return this.#answer !== undefined;
  }

  /** The packet that asks the server for the namespace. */
  get request(): Frame {
    const { identity, recovery, name } = this;
    const json = recovery
      ? JSON.stringify({ ...recovery, ...(identity && (JSON.parse(identity) as object)) })
      : identity;
    return { type: PacketType.CONNECT, namespace: name, id: undefined, json, attachments: [] };
  }

  join(line: Line, token: string | undefined): void {
    this.members.set(line, token);
    // What was said before this tab was here it has missed, and must not take the connection for a recovered one.
    if (this.#answer)
      this.#welcome(line, this.#answer, (pid) => (this.#tokens.isOf(pid, token) ? this.#tokens.make(pid) : pid));
  }

  leave(line: Line): void {
    this.members.delete(line);
    this.#ofTabs.forEach((question, id) => question.line === line && this.#ofTabs.delete(id));
  }

  /** What the server is to get of a tab's event or answer, if anything. `drawId` gives ids that are new on the connection. */
  outgoing(line: Line, frame: Frame, drawId: () => number): Frame | undefined {
    if (!this.#answer || !this.members.has(line)) return undefined;
    const { type, id } = frame;
    if (type === PacketType.ACK) return id !== undefined && this.#ofServer.delete(id) ? frame : undefined;
    if (id === undefined) return frame;
    const sent = drawId();
    this.#ofTabs.set(sent, { line, id });
    dropOldest(this.#ofTabs);
    return { ...frame, id: sent };
  }

  /** A packet of the server. False when the namespace is over with it. */
  onFrame(frame: Frame): boolean {
    const { type, id } = frame;
    switch (type) {
      case PacketType.CONNECT:
        this.#onAnswer(frame);
        return true;
      case PacketType.ACK:
        if (id !== undefined) this.#onAck(frame, id);
        return true;
      case PacketType.EVENT:
        this.#onEvent(frame);
        return true;
      default: {
        const members = [...this.members.keys()];
        this.members.clear();
        deliver(members, frame);
        return false;
      }
    }
  }

  #onAnswer(frame: Frame): void {
    const asked = this.recovery;
    this.#answer = frame;
    const pid = pidOf(frame);
    const isRecovered = pid !== undefined && pid === asked?.pid;
    if (!isRecovered) this.recovery = pid === undefined ? undefined : { pid };
    this.members.forEach((token, line) =>
      this.#welcome(line, frame, (given) =>
        isRecovered && token !== undefined && this.#tokens.isOf(given, token) ? token : given,
      ),
    );
  }

  #welcome(line: Line, frame: Frame, tokenFor: (pid: string) => string): void {
    const pid = pidOf(frame);
    if (pid === undefined) {
      line.deliver(chunksOf(frame));
      return;
    }
    const token = tokenFor(pid);
    this.#tokens.add(token);
    const data = JSON.parse(frame.json) as object;
    line.deliver(chunksOf({ ...frame, json: JSON.stringify({ ...data, pid: token }) }));
  }

  #onAck(frame: Frame, id: number): void {
    const question = this.#ofTabs.get(id);
    this.#ofTabs.delete(id);
    question?.line.deliver(chunksOf({ ...frame, id: question.id }));
  }

  #onEvent(frame: Frame): void {
    const { id, json } = frame;
    if (id !== undefined) {
      this.#ofServer.add(id);
      dropOldest(this.#ofServer);
    }
    // The last argument is the offset, if it is a text; one of the server's has nothing in it to be escaped.
    const offset = id === undefined ? /"([^"\\]*)"\]$/.exec(json.slice(-MAX_OFFSET_LENGTH))?.[1] : undefined;
    if (this.recovery && offset !== undefined) this.recovery.offset = offset;
    const isReplay = !this.#answer && this.recovery;
    // What a connection before this has missed is for the tabs that were in it.
    const lines = [...this.members].filter(([, token]) => !isReplay || token !== undefined).map(([line]) => line);
    deliver(lines, frame);
  }
}

/** The text is put together once for all. */
function deliver(lines: readonly Line[], frame: Frame): void {
  const chunks = chunksOf(frame);
  lines.forEach((line) => line.deliver(chunks));
}

function pidOf({ json }: Frame): string | undefined {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return undefined;
  }
  const { pid } = Object(data) as { pid?: unknown };
  return typeof pid === "string" ? pid : undefined;
}

function dropOldest(waiting: Map<number, unknown> | Set<number>): void {
  if (waiting.size <= MAX_WAITING_ANSWERS) return;
  for (const id of waiting.keys()) {
    waiting.delete(id);
    return;
  }
}
