// SocketCluster's server as it comes from npm: streams of events, calls with answers, a broadcast by a channel.
import { attach } from "socketcluster-server";
import { EVENTS, TEXT } from "../messages.mjs";

const HEARTBEAT = { pingInterval: 600_000, pingTimeout: 1_200_000 };

export function start(httpServer) {
  const server = attach(httpServer, HEARTBEAT);
  const broadcast = () => server.exchange.transmitPublish(EVENTS.news, TEXT);
  const each = async (stream, act) => {
    for await (const item of stream) act(item);
  };
  void each(server.listener("connection"), ({ socket }) => {
    void each(socket.receiver(EVENTS.echo), (data) => socket.transmit(EVENTS.echo, data));
    void each(socket.procedure(EVENTS.ack), (request) => request.end(request.data));
    void each(socket.receiver(EVENTS.news), broadcast);
    void each(socket.receiver(EVENTS.burst), () => {
      for (let index = 0; index < 8; index++) void broadcast();
    });
  });
}
