// Benches for the transport contract over WebTransport: the server's transport facing a client spoken by hand, and the other way about. The
// sessions are made by whoever runs them: in memory here, real ones in e2e.
import { Socket as ClientSession } from "@everwire/client/engine";
import type { Socket as ServerSession } from "@everwire/server/engine";
import { memoryWebTransport } from "./memory-webtransport.js";
import { type RawBidirectionalStream, RawPacketStream } from "./raw-packet-stream.js";
import { startEngine } from "./start-server.js";
import type { TransportBench, TransportPeer } from "./transport-contract.js";
import { clientPort, serverPort } from "./transport-port.js";
import { once } from "./wait.js";

/** One half of a session, by shape. */
export interface WebTransportHalf {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<RawBidirectionalStream>;
  createBidirectionalStream(): Promise<RawBidirectionalStream>;
  close(): void;
}

/** A session from both sides. */
export interface WebTransportWire {
  readonly client: WebTransportHalf;
  readonly server: WebTransportHalf;
  break(): void;
  /** Stops carrying, and goes on, where a peer that does not read would not be enough to stop it. */
  hold?(): void;
  release?(): void;
  /** How many messages of 100 kB it swallows while a peer does not read. */
  readonly slack: number;
  dispose(): Promise<void> | void;
}

export type MakeWire = () => WebTransportWire | Promise<WebTransportWire>;

const OPEN = `0${JSON.stringify({ sid: "raw", upgrades: [], pingInterval: 60_000, pingTimeout: 60_000, maxPayload: 1e6 })}`;

export function memoryWire(): WebTransportWire {
  const { client, server } = memoryWebTransport();
  const wire = { client, server } as unknown as Pick<WebTransportWire, "client" | "server">;
  return { ...wire, break: () => client.break(new Error("connection lost")), slack: 2, dispose: () => client.close() };
}

function peerOf(half: WebTransportHalf, wire: WebTransportWire, stream: RawPacketStream): TransportPeer {
  // As both sides do: a stream that has ended takes the session with it.
  stream.onEnd = () => half.close();
  return {
    send: (...messages) =>
      stream.send(...messages.map((data) => (typeof data === "string" ? `4${data}` : data.length ? data : "b"))),
    next: async () => {
      const message = await stream.next();
      if (typeof message !== "string") return message;
      return message.startsWith("b") ? Buffer.from(message.slice(1), "base64") : message.slice(1);
    },
    close: () => stream.finish(),
    break: () => wire.break(),
    sendMalformed: () => stream.send("no packet"),
    hold: () => {
      if (wire.hold) wire.hold();
      else stream.hold();
    },
    release: () => {
      if (wire.release) wire.release();
      else stream.release();
    },
    slack: wire.slack,
  };
}

export async function serverWebTransportBench(makeWire: MakeWire = memoryWire): Promise<TransportBench> {
  const { engine, close } = await startEngine({ transports: ["webtransport"] });
  const wire = await makeWire();
  const connected = once<[ServerSession]>(engine, "connection");
  engine.onWebTransportSession(wire.server);
  const stream = new RawPacketStream(await wire.client.createBidirectionalStream());
  await stream.send("0");
  const [session] = await connected;
  await stream.next();
  const dispose = async (): Promise<void> => {
    await close();
    await wire.dispose();
  };
  return { transport: serverPort(session.transport), peer: peerOf(wire.client, wire, stream), dispose };
}

export async function clientWebTransportBench(makeWire: MakeWire = memoryWire): Promise<TransportBench> {
  const wire = await makeWire();
  const scope = globalThis as { WebTransport?: unknown };
  scope.WebTransport = function WebTransport() {
    return wire.client;
  };
  const session = new ClientSession("https://127.0.0.1", { transports: ["webtransport"] });
  session.binaryType = "nodebuffer";
  const opened = once(session, "open");
  const { value } = await wire.server.incomingBidirectionalStreams.getReader().read();
  delete scope.WebTransport;
  if (value === undefined) throw new Error("failed to see the client's stream: the session has ended");
  const stream = new RawPacketStream(value);
  await stream.next();
  await stream.send(OPEN);
  await opened;
  return {
    transport: clientPort(session.transport),
    peer: peerOf(wire.server, wire, stream),
    dispose: () => wire.dispose(),
  };
}
