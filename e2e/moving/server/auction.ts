// The auction on the network: a namespace for each sale, a room for each lot in it, and the desk of the auctioneer.
import type { Server as HttpServer } from "node:http";
import { type Namespace, Server } from "socket.io";
import type {
  Answer,
  BetweenServers,
  Bidder,
  ClientToServer,
  DeskToServer,
  ServerToClient,
  ServerToDesk,
} from "../shared/events.js";
import { bidderRoom, lotRoom, tellPeople, welcome } from "./hall.js";
import type { Sale } from "./sale.js";
import { type cookieSessions, nameOf } from "./sessions.js";

export type AuctionServer = Server<ClientToServer, ServerToClient, BetweenServers, Bidder>;
type Desk = Namespace<DeskToServer, ServerToDesk, BetweenServers, Bidder>;

export interface AuctionOptions {
  readonly sales: ReadonlyMap<string, Sale>;
  readonly sessions: ReturnType<typeof cookieSessions>;
  /** Opens the desk. */
  readonly pin: string;
}

const GOING_TIMEOUT_MS = 2_000;

export function openAuction(http: HttpServer, { sales, sessions, pin }: AuctionOptions): AuctionServer {
  const io: AuctionServer = new Server(http, {
    connectionStateRecovery: { maxDisconnectionDuration: 60_000, skipMiddlewares: true },
    maxHttpBufferSize: 600_000,
  });
  io.engine.use(sessions);

  let received = 0;
  let sent = 0;
  const halls = io.of((name, _auth, next) => {
    next(null, sales.has(name.slice("/sale-".length)) && name.startsWith("/sale-"));
  });
  const desk: Desk = io.of("/desk");

  halls.use((socket, next) => {
    const name = nameOf(socket.request);
    if (name === undefined) {
      next(Object.assign(new Error("Tell us your name first."), { data: { login: true } }));
      return;
    }
    socket.data.name = name;
    socket.data.browser = /Firefox|Chrome/.exec(socket.handshake.headers["user-agent"] ?? "")?.[0] ?? "a browser";
    next();
  });

  halls.on("connection", (socket) => {
    const sale = sales.get(socket.nsp.name.slice("/sale-".length));
    if (sale === undefined) return;
    if (!socket.recovered) void socket.join(bidderRoom(socket.data.name));
    socket.onAny(() => received++);
    socket.onAnyOutgoing(() => sent++);
    socket.on("disconnecting", () => {
      desk.volatile.emit("traffic", received, sent);
    });
    socket.on("disconnect", () => void tellPeople(socket.nsp));
    welcome(socket, sale);
    void tellPeople(socket.nsp);
  });

  desk.use((socket, next) => {
    const known = socket.handshake.auth["pin"] === pin;
    next(known ? undefined : Object.assign(new Error("Wrong PIN."), { data: { digits: pin.length } }));
  });

  desk.on("connection", (socket) => {
    socket.emit("traffic", received, sent);
    socket.on("hammer", async (saleName, lot, answer) => {
      answer(await hammer(io, sales.get(saleName), saleName, lot));
      socket.emit("traffic", received, sent);
    });
    socket.on("remove", async (saleName, name, answer) => {
      const theirs = io.of(`/sale-${saleName}`).in(bidderRoom(name));
      const sockets = await theirs.fetchSockets();
      theirs.emit("leave", "The auctioneer asked you to leave.");
      theirs.disconnectSockets();
      answer(sockets.length);
    });
  });

  io.on("sold", (saleName, lot) => {
    sales.get(saleName)?.hammer(lot);
  });
  return io;
}

/** Asks who is still looking, then lets the hammer fall. */
async function hammer(
  io: AuctionServer,
  sale: Sale | undefined,
  saleName: string,
  id: string,
): Promise<Answer<string>> {
  if (sale === undefined) return { ok: false, why: "There is no such sale." };
  const lookers = io.of(`/sale-${saleName}`).to(lotRoom(id));
  let looking: boolean[];
  try {
    looking = await lookers.timeout(GOING_TIMEOUT_MS).emitWithAck("going", id);
  } catch (error) {
    looking = (error as Error & { responses: boolean[] }).responses;
  }
  const result = sale.hammer(id);
  if (result.ok) {
    lookers.emit("sold", id, result.value, looking.filter(Boolean).length);
    io.serverSideEmit("sold", saleName, id);
  }
  return result;
}
