// From a CONNECT packet to a connected socket: the namespace is found or made, a session that can be taken up again is
// looked for, middlewares are asked, and the client is answered. One admission for each CONNECT; its connection keeps it.
import { PacketType } from "@everwire/protocol";
import type { Session } from "./adapter/adapter.js";
import type { Connection } from "./connection.js";
import { Alarm } from "./engine/deadlines.js";
import { HIDDEN_ERROR, toPublicError } from "./errors.js";
import { RecoveryGate, type Released } from "./recovery-gate.js";
import type { RecoveryLog } from "./recovery-log.js";
import { readRecoveryRequest, type RecoveryRequest } from "./recovery.js";
import { Socket } from "./socket.js";
import type { AnyNamespace, AnySocket } from "./types.js";

export class Admission {
  readonly name: string;
  readonly #connection: Connection;
  readonly #auth: Record<string, unknown> | undefined;
  readonly #recovery: RecoveryRequest | undefined;
  #namespace: AnyNamespace | undefined;
  #socket: AnySocket | undefined;
  // Taken out of the adapter's store, so that nobody else can take it up.
  #session: Session | undefined;
  #isCompleting = false;
  #isOver = false;
  #alarm: Alarm | undefined;

  constructor(connection: Connection, name: string, auth: Record<string, unknown> | undefined) {
    this.name = name;
    this.#connection = connection;
    this.#auth = auth;
    this.#recovery = auth === undefined || !connection.dialect.recovers ? undefined : readRecoveryRequest(auth);
  }

  start(): void {
    this.#connection.server.namespaces.find(this.name, this.#auth ?? {}, (namespace) =>
      this.#guarded(() => this.#onFound(namespace)),
    );
    if (!this.#isOver) this.#limit();
  }

  // Goes on where a user's function or an adapter has called back, whose stack or promise is not to be burdened with what fails here.
  #guarded(step: () => void): void {
    const context = { kind: "adapter", namespace: this.#namespace, socket: this.#socket } as const;
    this.#connection.server.boundary.call(context, this, step, [], (error) => {
      if (this.#isOver) this.#connection.supersede();
      else this.refuse(toPublicError(error));
    });
  }

  // A middleware, or an adapter, that never answers: a client that is in another namespace already is not minded otherwise.
  #limit(): void {
    const { deadlines, resolved } = this.#connection.server;
    if (resolved.connectTimeout === Infinity) return;
    this.#alarm = new Alarm(() => this.refuse(new Error("namespace did not answer in time")));
    deadlines.set(this.#alarm, resolved.connectTimeout);
  }

  #onFound(namespace: AnyNamespace | undefined): void {
    if (this.#isOver) {
      // Made for somebody who is gone: it may not have to stay.
      namespace?.onArrival();
      namespace?.onArrivalEnd();
      return;
    }
    if (namespace === undefined) {
      this.#answer(() => ({ message: "Invalid namespace" }));
      return;
    }
    this.#namespace = namespace;
    namespace.onArrival();
    this.#findSession(namespace);
  }

  /** The client is gone or has changed its mind: what comes back from middlewares is of no interest any more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#end();
    this.#socket?.onDisconnect("transport close");
    this.#putBack();
    this.#namespace?.onArrivalEnd();
  }

  /** Answers with CONNECT_ERROR, in the form that the client knows. */
  refuse(error: unknown): void {
    this.#answer(() => this.#connection.dialect.describeRefusal(error));
  }

  #answer(describe: () => string | object): void {
    if (this.#isOver) return;
    this.#end();
    this.#socket?.onDisconnect("server namespace disconnect");
    this.#putBack();
    const send = (data: string | object): void =>
      this.#connection.sendPacket({ type: PacketType.CONNECT_ERROR, nsp: this.name, data });
    try {
      send(describe());
    } catch (error) {
      // What a middleware wanted to tell can't be sent.
      const context = { kind: "middleware", namespace: this.#namespace, socket: this.#socket } as const;
      this.#connection.server.boundary.report(error, context);
      send(this.#connection.dialect.describeRefusal(HIDDEN_ERROR));
    }
    this.#namespace?.onArrivalEnd();
  }

  #findSession(namespace: AnyNamespace): void {
    const recovery = this.#recovery;
    if (recovery === undefined || namespace.server.resolved.recovery === undefined) {
      this.#ask(namespace, null);
      return;
    }
    namespace.supersede(recovery.pid);
    const { adapter } = namespace;
    const { pid, offset } = recovery;
    const ask = (session: Session | null): void => this.#guarded(() => this.#ask(namespace, session));
    const find = (): unknown => {
      if (adapter.findSession === undefined) {
        // Adapters that recover nothing may say so without a promise.
        return Promise.resolve(adapter.restoreSession(pid, offset)).then((session) => {
          if (session !== null && !namespace.sockets.has(session.sid)) this.#session = session;
          if (this.#isOver) this.#putBack();
          else ask(session);
        });
      }
      ask(adapter.findSession(pid, offset));
      return undefined;
    };
    // One that fails recovers nothing.
    namespace.server.boundary.call({ kind: "adapter", namespace }, adapter, find, [], () => ask(null));
  }

  #ask(namespace: AnyNamespace, session: Session | null): void {
    if (this.#isOver) return;
    const isFree = session === null || !namespace.sockets.has(session.sid);
    const usable = isFree ? session : null;
    const socket: AnySocket = new Socket(namespace, this.#connection, this.#auth, usable);
    this.#socket = socket;
    if (usable !== null && namespace.server.resolved.recovery?.skipMiddlewares === true) {
      this.#accept(namespace, socket, usable);
      return;
    }
    if (!namespace.hasMiddlewares) {
      this.#accept(namespace, socket, usable);
      return;
    }
    namespace.runMiddlewares(socket, (error, isThrown) => {
      this.#guarded(() => {
        if (error === undefined) this.#accept(namespace, socket, usable);
        // What was thrown was not meant for the client.
        else this.refuse(isThrown ? toPublicError(error) : error);
      });
    });
  }

  #accept(namespace: AnyNamespace, socket: AnySocket, session: Session | null): void {
    if (this.#isOver) return;
    const { adapter, recoveryLog } = namespace;
    if (session !== null && recoveryLog !== undefined) {
      void this.#complete(namespace, socket, session, recoveryLog);
      return;
    }
    let current = session;
    if (session !== null && adapter.findSession !== undefined && this.#recovery !== undefined) {
      // Middlewares took their time: what was sent meanwhile is missed too.
      current = adapter.findSession(this.#recovery.pid, this.#recovery.offset);
      if (current === null || namespace.sockets.has(session.sid)) {
        // It can't be taken up any more, and the socket was promised that it can. The client comes back for a new one.
        this.cancel();
        this.#connection.supersede();
        return;
      }
    }
    this.#admit(namespace, socket, current);
  }

  /** What the adapter said that was missed was the truth then. The socket gets into its rooms, and the rest is found out. */
  async #complete(namespace: AnyNamespace, socket: AnySocket, session: Session, log: RecoveryLog): Promise<void> {
    const gate = new RecoveryGate(namespace.name, namespace.server.resolved.parser);
    let missed: unknown[][] | undefined;
    this.#isCompleting = true;
    gate.shut(this.#connection);
    try {
      // Somebody else may have come back to it while middlewares were asked.
      if (!namespace.sockets.has(session.sid)) {
        namespace.reserve(socket);
        await socket.onReturn();
        missed = await log.complete(session, this.#recovery?.offset);
      }
    } catch (error) {
      this.#report(namespace, error);
    }
    this.#isCompleting = false;
    gate.open(this.#connection);
    if (this.#isOver) {
      this.#putBack();
    } else if (missed === undefined || gate.isFull) {
      // Not known to be complete: the client starts anew.
      this.#session = undefined;
      socket.onDisconnect("transport close");
      this.#guarded(() => this.#ask(namespace, null));
    } else {
      const released = gate.release(missed);
      this.#guarded(() => this.#admit(namespace, socket, session, released));
    }
  }

  #admit(namespace: AnyNamespace, socket: AnySocket, session: Session | null, released?: readonly Released[]): void {
    this.#end();
    this.#connection.add(socket);
    namespace.add(socket, session, released);
    if (socket.isPutOut) socket.disconnect();
    namespace.onArrivalEnd();
  }

  /** A session that was taken out of its store and not taken up is there for who comes next. */
  #putBack(): void {
    const namespace = this.#namespace;
    const session = this.#session;
    // While it is looked at it is not known to be whole: whoever looks puts it back.
    if (namespace === undefined || session === undefined || this.#isCompleting) return;
    this.#session = undefined;
    const put = async (): Promise<void> => namespace.recoveryLog?.putBack(session);
    put().catch((error: unknown) => this.#report(namespace, error));
  }

  #report(namespace: AnyNamespace, error: unknown): void {
    namespace.server.boundary.report(error, { kind: "adapter", namespace });
  }

  #end(): void {
    this.#isOver = true;
    if (this.#alarm !== undefined) this.#connection.server.deadlines.clear(this.#alarm);
    this.#connection.endAdmission(this);
  }
}
