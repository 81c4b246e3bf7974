// Pool: the tabs of one server address with the same options, and the connections that they share: one, as long as no two tabs want to be
// somebody else in a namespace. It opens a connection for who asks, and wakes the others of a connection that was lost. Held by the hub.
import { PacketType, type CloseReason } from "@everwire/protocol";
import { backoff, type BackoffSettings } from "../backoff.js";
import type { SendOptions } from "../engine/session-events.js";
import type { ManagerOptions } from "../options.js";
import { SharedConnection } from "./connection.js";
import type { Frame } from "./frame.js";
import type { Line } from "./line.js";
import type { Recovery, SharedNamespace } from "./namespace.js";
import type { PlainDetails } from "./port-messages.js";
import { RecoveryTokens } from "./recovery-tokens.js";

/** Where a tab is. */
interface Place {
  /** The connection whose state the tab sees; none after it ended, or while none may be opened. */
  home: SharedConnection | undefined;
  /** Wants to be told of an open connection. */
  isWaiting: boolean;
}

export class Pool {
  readonly #uri: string | undefined;
  readonly #options: Partial<ManagerOptions>;
  readonly #places = new Map<Line, Place>();
  readonly #connections: SharedConnection[] = [];
  readonly #tokens = new RecoveryTokens();
  /** Of namespaces whose connection was lost. */
  readonly #recoveries = new Map<string, Recovery>();
  /** Tabs ask when they like; the server is tried no more often than for one of them. */
  readonly #pace: BackoffSettings;
  /** Connections since the last that opened. */
  #failures = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(uri: string | undefined, options: Partial<ManagerOptions>) {
    this.#uri = uri;
    this.#options = options;
    this.#pace = {
      reconnectionDelay: options.reconnectionDelay || 1000,
      reconnectionDelayMax: options.reconnectionDelayMax || 5000,
      randomizationFactor: options.randomizationFactor ?? 0.5,
    };
  }

  get isEmpty(): boolean {
    return !this.#places.size;
  }

  /** The tab wants a connection. */
  open(line: Line): void {
    const place: Place = { home: this.#connections[0], isWaiting: true };
    this.#places.set(line, place);
    if (place.home) this.#greet(line, place, place.home);
    else if (!this.#pause) this.#connect();
  }

  /** It wants it no more. */
  leave(line: Line): void {
    const place = this.#places.get(line);
    if (!place) return;
    place.home = undefined;
    place.isWaiting = false;
    for (const connection of this.#connections)
      for (const namespace of this.#namespacesOf(line, connection)) connection.leave(line, namespace);
    this.#closeUnused();
  }

  /** It is gone. */
  forget(line: Line): void {
    // Whose page was the last, the worker ends with it: time for one word to the server, not for one about each namespace.
    this.#closeUnused(line);
    this.leave(line);
    this.#places.delete(line);
    if (!this.isEmpty) return;
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  /** Ends a tab's part in the connection, and says why. */
  cutOff(line: Line, reason: CloseReason, details: PlainDetails): void {
    this.leave(line);
    line.tell(["close", { readyState: "closed" }, reason, details]);
  }

  /** Now may be a better time than the one that was waited for. */
  hurry(): void {
    if (!this.#pause) return;
    clearTimeout(this.#pause);
    this.#onPauseEnd();
  }

  onFrame(line: Line, frame: Frame, options: SendOptions | undefined): void {
    const { type, namespace: name } = frame;
    if (!this.#places.get(line)?.home) return;
    if (type === PacketType.CONNECT) {
      this.#join(line, frame);
      return;
    }
    for (const connection of this.#connections) {
      const namespace = connection.namespaces.get(name);
      if (!namespace?.members.has(line)) continue;
      if (type === PacketType.DISCONNECT) {
        connection.leave(line, namespace);
        this.#closeUnused();
      } else if (!connection.pass(line, namespace, frame, options)) {
        const description = "more waits to be sent than maxBufferedBytes allows";
        this.cutOff(line, "buffer overflow", { code: "ERR_BUFFER_OVERFLOW", description });
      }
      return;
    }
  }

  #join(line: Line, { namespace: name, json }: Frame): void {
    const { identity, token } = this.#tokens.split(json);
    const identities = this.#connections.flatMap((connection) => connection.identitiesOf(line));
    const place = this.#places.get(line) as Place;
    const order = [place.home as SharedConnection, ...this.#connections];
    const connection = order.find((one) => one.accepts([...identities, [name, identity]])) ?? this.#connect();
    const key = `${name} ${identity}`;
    const recovery = connection.namespaces.has(name) ? undefined : this.#recoveries.get(key);
    if (recovery) this.#recoveries.delete(key);
    connection.join(line, name, identity, token, recovery);
    if (place.home && place.home !== connection && !this.#namespacesOf(line, place.home).length) {
      place.home = connection;
      this.#closeUnused();
    }
  }

  #namespacesOf(line: Line, connection: SharedConnection): SharedNamespace[] {
    return [...connection.namespaces.values()].filter(({ members }) => members.has(line));
  }

  #connect(): SharedConnection {
    let wasOpen = false;
    const at = (tell: (line: Line) => void): void =>
      this.#places.forEach(({ home }, line) => home === connection && tell(line));
    const onClose = (reason: CloseReason, details: PlainDetails | undefined): void => {
      if (!wasOpen) this.#rest();
      this.#onClose(connection, reason, details);
    };
    const connection: SharedConnection = new SharedConnection(this.#uri, this.#options, this.#tokens, {
      onOpen: () => {
        wasOpen = true;
        this.#failures = 0;
        this.#places.forEach((place, line) => place.home === connection && this.#greet(line, place, connection));
      },
      onPing: () => at((line) => line.tell(["ping", undefined])),
      onUpgrade: () => at((line) => line.tell(["upgrade", connection.view])),
      onSuspend: (reason, details) =>
        at((line) => line.tell(["suspend", { readyState: "suspended" }, reason, details])),
      onResume: (summary) => at((line) => line.tell(["resume", connection.view, summary])),
      onError: (message, description) => {
        // One that was not open yet is over with it.
        const isOpening = connection.readyState === "opening";
        at((line) => line.tell(["error", isOpening ? { readyState: "closed" } : {}, message, description]));
        if (isOpening) onClose("transport error", undefined);
      },
      onClose,
    });
    this.#connections.push(connection);
    this.#places.forEach((place, line) => {
      if (place.home) return;
      // They would all come by themselves, one after the other.
      if (place.isWaiting) place.home = connection;
      else line.tell(["wake", undefined]);
    });
    return connection;
  }

  #greet(line: Line, place: Place, connection: SharedConnection): void {
    if (!place.isWaiting || connection.readyState === "opening") return;
    place.isWaiting = false;
    line.tell(["open", connection.view]);
    if (connection.readyState === "suspended")
      line.tell(["suspend", { readyState: "suspended" }, "transport close", { description: "connection lost" }]);
  }

  /** Its tabs lose it, and what they have elsewhere, for a tab has but one to look at. */
  #onClose(connection: SharedConnection, reason: CloseReason, details: PlainDetails | undefined): void {
    const index = this.#connections.indexOf(connection);
    if (index < 0) return;
    this.#connections.splice(index, 1);
    connection.close();
    for (const { name, identity, recovery } of connection.namespaces.values())
      if (recovery) this.#recoveries.set(`${name} ${identity}`, recovery);
    const lines = [...this.#places].filter(
      ([line, { home }]) => home === connection || this.#namespacesOf(line, connection).length > 0,
    );
    connection.namespaces.clear();
    for (const [line] of lines) {
      this.leave(line);
      line.tell(["close", { readyState: "closed" }, reason, details]);
    }
  }

  /** The server could not be reached: who asks meanwhile waits. */
  #rest(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#onPauseEnd(), backoff(this.#pace, this.#failures++));
  }

  #onPauseEnd(): void {
    this.#pause = undefined;
    if ([...this.#places.values()].some(({ home, isWaiting }) => isWaiting && !home)) this.#connect();
  }

  /** Nobody, or nobody else, is on it. */
  #closeUnused(except?: Line): void {
    for (const connection of [...this.#connections]) {
      const users = [...this.#places].filter(([, { home }]) => home === connection).map(([line]) => line);
      for (const { members } of connection.namespaces.values()) users.push(...members.keys());
      if (users.some((line) => line !== except)) continue;
      this.#connections.splice(this.#connections.indexOf(connection), 1);
      connection.close();
    }
  }
}
