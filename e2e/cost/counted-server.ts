// A server whose connections are counted, and clients that speak to it over TCP, frame by frame. Behind one port on loopback, each connection
// becomes a CountedSocket that is handed to the HTTP server.
import { createServer } from "node:net";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import type { Server, Socket } from "@everwire/server";
import {
  encodeFrame,
  once,
  Opcode,
  RawTcp,
  readFrame,
  startServer,
  turns,
  until,
  upgradeRequest,
  type StartServerOptions,
} from "@everwire/testkit";
import { onTestFinished } from "vitest";
import { CountedSocket } from "./counted-socket.js";

const PATH = "/socket.io/?EIO=4&transport=";

/** Turns of the event loop after which nothing more can follow that was not waited for. */
const SETTLED_TURNS = 5;

export interface CountedServer {
  readonly io: Server;
  readonly port: number;
  /** The server's side of a new connection, and the client's. */
  connect(): Promise<{ line: CountedSocket; tcp: RawTcp }>;
}

export async function countedServer(options: StartServerOptions = {}): Promise<CountedServer> {
  const started = await startServer({ serveClient: false, ...options });
  const lines: CountedSocket[] = [];
  const door = createServer({ noDelay: true }, (tcp: TcpSocket) => {
    const line = new CountedSocket(tcp);
    lines.push(line);
    started.httpServer.emit("connection", line);
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  onTestFinished(async () => {
    for (const line of lines) line.destroy();
    door.close();
    await started.close();
  });
  const { port } = door.address() as AddressInfo;
  const connect = async (): Promise<{ line: CountedSocket; tcp: RawTcp }> => {
    const index = lines.length;
    const tcp = await RawTcp.open(port);
    await until(() => lines.length > index, "the connection at the server");
    return { line: lines[index] as CountedSocket, tcp };
  };
  return { io: started.io, port, connect };
}

export interface ClientOptions {
  /** Asks for a session that can be resumed. */
  resume?: boolean;
  /** Offers permessage-deflate. */
  deflate?: boolean;
}

/** A client over WebSocket that has joined the main namespace. */
export class Client {
  readonly tcp: RawTcp;
  readonly line: CountedSocket;
  /** The server's socket. */
  readonly served: Socket;
  /** What the server has written before: the handshake. */
  readonly handshake: readonly Buffer[];

  private constructor(tcp: RawTcp, line: CountedSocket, served: Socket) {
    this.tcp = tcp;
    this.line = line;
    this.served = served;
    this.handshake = line.writes.splice(0).map((buffers) => Buffer.concat(buffers));
  }

  static async open(server: CountedServer, { resume = false, deflate = false }: ClientOptions = {}): Promise<Client> {
    const { line, tcp } = await server.connect();
    const extensions: Record<string, string> = deflate ? { "Sec-WebSocket-Extensions": "permessage-deflate" } : {};
    tcp.write(upgradeRequest(`${PATH}websocket${resume ? "&ew=1" : ""}`, extensions));
    await tcp.readThrough("\r\n\r\n");
    await readFrame(tcp);
    const connection = once<[Socket]>(server.io, "connection");
    tcp.write(encodeFrame("40"));
    await readFrame(tcp);
    const [served] = await connection;
    await turns(SETTLED_TURNS);
    return new Client(tcp, line, served);
  }

  /** Several clients, one after the other. */
  static async many(server: CountedServer, count: number, options: ClientOptions = {}): Promise<Client[]> {
    const clients: Client[] = [];
    for (let index = 0; index < count; index += 1) clients.push(await Client.open(server, options));
    return clients;
  }

  /** Sends all of it in one piece. */
  send(...texts: string[]): void {
    this.tcp.write(...texts.map((text) => encodeFrame(text)));
  }

  /** The messages of the next frames, pings and counts passed over. */
  async read(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const { opcode, payload } = await readFrame(this.tcp);
      const text = payload.toString(opcode === Opcode.TEXT ? "utf8" : "latin1");
      if (opcode !== Opcode.TEXT || text.startsWith("4")) texts.push(text);
    }
    return texts;
  }

  /**
   * What the server wrote since the last call, one entry a write. A session that can be resumed tells its count within a second of a message,
   * so a slow machine may see such a write among the others: those that hold nothing else are left out.
   */
  takeWrites(): (readonly Buffer[])[] {
    return this.line.writes.splice(0).filter((buffers) => !isCount(Buffer.concat(buffers)));
  }
}

/** The frame of a noop packet with a count, and nothing behind it. */
function isCount(bytes: Buffer): boolean {
  return bytes[0] === 0x81 && bytes[1] === bytes.length - 2 && /^6\d+$/.test(bytes.toString("latin1", 2));
}

export function sizeOf(writes: readonly (readonly Buffer[])[]): number {
  return writes.flat().reduce((sum, { length }) => sum + length, 0);
}

/** The frame that a server sends for a text: two bytes of header, four from 126 bytes on (RFC 6455 section 5.2). */
export const frameOf = (text: string): Buffer => encodeFrame(text, { mask: false });

/** Lets all that is under way arrive, where nothing tells that it has. */
export const settle = (): Promise<void> => turns(SETTLED_TURNS);

/** A client over polling, on one connection that is kept, that has joined the main namespace. */
export class PollingClient {
  readonly tcp: RawTcp;
  readonly line: CountedSocket;
  readonly served: Socket;
  readonly handshake: readonly Buffer[];
  readonly #sid: string;

  private constructor(tcp: RawTcp, line: CountedSocket, served: Socket, sid: string) {
    this.tcp = tcp;
    this.line = line;
    this.served = served;
    this.#sid = sid;
    this.handshake = line.writes.splice(0).map((buffers) => Buffer.concat(buffers));
  }

  static async open(server: CountedServer): Promise<PollingClient> {
    const { line, tcp } = await server.connect();
    tcp.write(request("GET", ""));
    const { sid } = JSON.parse((await tcp.readResponse()).body.slice(1)) as { sid: string };
    const connection = once<[Socket]>(server.io, "connection");
    tcp.write(request("POST", `&sid=${sid}`, "40"));
    await tcp.readResponse();
    tcp.write(request("GET", `&sid=${sid}`));
    await tcp.readResponse();
    const [served] = await connection;
    await settle();
    return new PollingClient(tcp, line, served, sid);
  }

  /** Sends a GET, and waits until it waits at the server or is answered already. */
  readonly poll = async (): Promise<void> => {
    const before = this.line.writes.length;
    this.tcp.write(request("GET", `&sid=${this.#sid}`));
    await until(() => this.served.conn.transport.writable || this.line.writes.length > before, "a poll");
  };

  readonly post = (body: string): void => this.tcp.write(request("POST", `&sid=${this.#sid}`, body));
}

const request = (method: "GET" | "POST", query: string, body = ""): string =>
  `${method} ${PATH}polling${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
  (method === "POST" ? `Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ${body.length}\r\n` : "") +
  `\r\n${body}`;
