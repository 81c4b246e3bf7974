// The part of the JavaScript API that the cases use, stated once and structurally, so that the same case runs on the stock packages
// and on ours without either one's typings.

export type Listener = (...args: unknown[]) => void;
export type Ack = (...args: unknown[]) => void;

interface Events {
  on(event: string, listener: Listener): unknown;
  once(event: string, listener: Listener): unknown;
  off(event: string, listener?: Listener): unknown;
}

interface CatchAll {
  onAny(listener: Listener): unknown;
  prependAny(listener: Listener): unknown;
  offAny(listener?: Listener): unknown;
  onAnyOutgoing(listener: Listener): unknown;
  offAnyOutgoing(listener?: Listener): unknown;
}

export interface JsEngine extends Events {
  readonly id: string;
  readonly transport: { readonly name: string };
  readonly upgrading?: boolean;
  close(): unknown;
}

export interface JsManager extends Events {
  readonly engine: JsEngine;
  socket(namespace: string, options?: Record<string, unknown>): JsClientSocket;
  reconnection(value: boolean): unknown;
}

export interface JsClientSocket extends Events, CatchAll {
  readonly id: string | undefined;
  readonly connected: boolean;
  readonly active: boolean;
  readonly recovered: boolean;
  readonly io: JsManager;
  readonly volatile: JsClientSocket;
  auth: unknown;
  connect(): unknown;
  disconnect(): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
  send(...args: unknown[]): unknown;
  timeout(ms: number): JsClientSocket;
  compress(value: boolean): JsClientSocket;
}

export interface ClientModule {
  Manager: new (uri: string, options: Record<string, unknown>) => JsManager;
  io(uri: string, options: Record<string, unknown>): JsClientSocket;
}

export interface JsOperator {
  to(room: string | string[]): JsOperator;
  in(room: string | string[]): JsOperator;
  except(room: string | string[]): JsOperator;
  compress(value: boolean): JsOperator;
  readonly volatile: JsOperator;
  timeout(ms: number): JsOperator;
  emit(event: string, ...args: unknown[]): unknown;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
  socketsJoin(room: string | string[]): void;
  socketsLeave(room: string | string[]): void;
  disconnectSockets(close?: boolean): void;
  fetchSockets(): Promise<
    { id: string; rooms: Set<string>; data: unknown; emit(event: string, ...args: unknown[]): unknown }[]
  >;
}

export interface JsServerSocket extends Events, CatchAll, JsOperator {
  readonly id: string;
  readonly handshake: {
    auth: Record<string, unknown>;
    query: Record<string, unknown>;
    headers: Record<string, unknown>;
    address: string;
    url: string;
  };
  readonly rooms: Set<string>;
  readonly broadcast: JsOperator;
  readonly volatile: JsServerSocket;
  readonly recovered: boolean;
  readonly connected: boolean;
  readonly conn: JsEngine;
  readonly nsp: JsNamespace;
  data: Record<string, unknown>;
  use(middleware: (event: unknown[], next: (error?: Error) => void) => void): unknown;
  join(room: string | string[]): unknown;
  leave(room: string): unknown;
  send(...args: unknown[]): unknown;
  timeout(ms: number): JsServerSocket;
  disconnect(close?: boolean): unknown;
}

export interface JsNamespace extends JsOperator {
  readonly name: string;
  readonly sockets: Map<string, JsServerSocket>;
  use(middleware: (socket: JsServerSocket, next: (error?: Error & { data?: unknown }) => void) => void): unknown;
  on(event: "connection", listener: (socket: JsServerSocket) => void): unknown;
  send(...args: unknown[]): unknown;
}

export interface JsServer extends JsNamespace {
  of(name: string | RegExp): JsNamespace;
  close(): Promise<void>;
}

export interface ServerModule {
  Server: new (httpServer: unknown, options: Record<string, unknown>) => JsServer;
}
