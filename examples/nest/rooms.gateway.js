// A gateway with more of NestJS around it: a namespace, middleware, a guard, exceptions, a stream of answers, and the hooks of a connection.
import { UseGuards } from "@nestjs/common";
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
} from "@nestjs/websockets";
import { interval, map, take } from "rxjs";
import { onMethod } from "./decorate.js";

/** Lets through who said at the connection to be the host. */
class HostGuard {
  canActivate(context) {
    return context.switchToWs().getClient().data.isHost;
  }
}

// @WebSocketGateway({ namespace: "rooms" })
export class RoomsGateway {
  // @WebSocketServer() namespace

  afterInit(namespace) {
    namespace.use((socket, next) => {
      const { name, isHost } = socket.handshake.auth;
      if (typeof name !== "string") return next(new Error("no name"));
      socket.data = { name, isHost: isHost === true };
      next();
    });
  }
  handleConnection(socket) {
    socket.emit("hello", socket.data.name);
  }
  handleDisconnect(socket) {
    this.namespace.emit("gone", socket.data.name);
  }

  // @SubscribeMessage("join") join(@MessageBody() room, @ConnectedSocket() socket)
  join(room, socket) {
    if (typeof room !== "string" || room.length > 100) throw new WsException("no such room");
    socket.join(room);
    socket.to(room).emit("joined", socket.data.name);
    return [...socket.rooms].length - 1; // the acknowledgement
  }
  // @SubscribeMessage("write") write(@MessageBody() { room, text })
  write({ room, text }) {
    this.namespace.to(room).emit("written", text);
    return { event: "sent", data: text.length }; // an event, and no acknowledgement
  }
  // @UseGuards(HostGuard) @SubscribeMessage("close")
  close(room) {
    this.namespace.in(room).socketsLeave(room);
    return true;
  }
  // @SubscribeMessage("count")
  count(to) {
    return interval(1).pipe(
      take(Math.min(Number(to), 10)),
      map((data) => ({ event: "count", data: data + 1 })),
    );
  }
}
WebSocketServer()(RoomsGateway.prototype, "namespace");
for (const name of ["join", "write", "close", "count"]) {
  MessageBody()(RoomsGateway.prototype, name, 0);
  onMethod(RoomsGateway, name, SubscribeMessage(name));
}
ConnectedSocket()(RoomsGateway.prototype, "join", 1);
onMethod(RoomsGateway, "close", UseGuards(HostGuard));
WebSocketGateway({ namespace: "rooms" })(RoomsGateway);
