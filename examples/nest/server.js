// Everwire in NestJS: the socket.io platform adapter makes Everwire's server, and gateways stay as they are.
// Decorators are applied by hand, so that the example runs without a build; the comments show them as TypeScript has them.
import "reflect-metadata";
import { Server } from "@everwire/server";
import { Controller, Get, Header, HttpCode, Module, Post, Query } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from "@nestjs/websockets";
import { onMethod } from "./decorate.js";
import { RoomsGateway } from "./rooms.gateway.js";

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Everwire in NestJS</title><ul></ul>
<script type="module">
  import { io } from "/socket.io/everwire.esm.min.js";
  const line = (text) => document.querySelector("ul").append(Object.assign(document.createElement("li"), { textContent: text }));
  const socket = io();
  socket.on("connect", () => socket.emit("say", "hello", ({ heardBy }) => line("heard by " + heardBy)));
  for (const event of ["said", "announcement"]) socket.on(event, line);
</script></html>`;

/** All that changes in an application: `app.useWebSocketAdapter(new EverwireAdapter(app))`. */
class EverwireAdapter extends IoAdapter {
  createIOServer(port, options) {
    return this.httpServer && port === 0 ? new Server(this.httpServer, options) : new Server(port, options);
  }
}

// @WebSocketGateway()
class TalkGateway {
  // @WebSocketServer() io
  // @SubscribeMessage("say") say(@MessageBody() text, @ConnectedSocket() socket)
  say(text, socket) {
    socket.broadcast.emit("said", text);
    return { heardBy: this.io.of("/").sockets.size - 1 }; // the acknowledgement
  }
}
WebSocketServer()(TalkGateway.prototype, "io");
onMethod(TalkGateway, "say", SubscribeMessage("say"));
MessageBody()(TalkGateway.prototype, "say", 0);
ConnectedSocket()(TalkGateway.prototype, "say", 1);
WebSocketGateway()(TalkGateway);

// @Controller()
class PageController {
  // constructor(talk: TalkGateway)
  constructor(talk) {
    this.talk = talk;
  }
  // @Get() @Header("Content-Type", "text/html; charset=utf-8")
  page() {
    return PAGE;
  }
  // @Post("announce") @HttpCode(204) announce(@Query("text") text)
  announce(text) {
    this.talk.io.emit("announcement", String(text).slice(0, 200));
  }
}
onMethod(PageController, "page", Get(), Header("Content-Type", "text/html; charset=utf-8"));
onMethod(PageController, "announce", Post("announce"), HttpCode(204));
Query("text")(PageController.prototype, "announce", 0);
Reflect.defineMetadata("design:paramtypes", [TalkGateway], PageController);
Controller()(PageController);

class AppModule {}
Module({ controllers: [PageController], providers: [TalkGateway, RoomsGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
app.useWebSocketAdapter(new EverwireAdapter(app));
app.enableShutdownHooks(); // SIGINT and SIGTERM close the sockets, then the server
await app.listen(process.env.PORT || 3000);
console.log(`Listening at http://localhost:${app.getHttpServer().address().port}`);
