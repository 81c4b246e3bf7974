// Brings what other servers answer to whoever asked: the one place that knows both kinds of open questions. Owned by a
// ClusterAdapter.
import { AskedBroadcasts } from "./cluster-acks.js";
import { type ClusterResponse, MessageType, type ServerId } from "./cluster-message.js";
import { ClusterRequests } from "./cluster-requests.js";

export class ClusterAnswers {
  readonly requests = new ClusterRequests();
  readonly broadcasts = new AskedBroadcasts();

  /** What was never asked, or is over, is ignored. Throws on a response that makes no sense. */
  onResponse(response: ClusterResponse): void {
    const { uid, type, data } = response;
    switch (type) {
      case MessageType.FETCH_SOCKETS_RESPONSE:
        if (!Array.isArray(data.sockets)) throw new TypeError("sockets are a list");
        this.requests.onAnswer(data.requestId, uid, data.sockets);
        break;
      case MessageType.SERVER_SIDE_EMIT_RESPONSE:
        this.requests.onAnswer(data.requestId, uid, data.packet);
        break;
      case MessageType.BROADCAST_CLIENT_COUNT:
        this.broadcasts.onClientCount(data.requestId, uid, data.clientCount);
        break;
      case MessageType.BROADCAST_ACK:
        this.broadcasts.onAck(data.requestId, uid, data.packet);
        break;
    }
  }

  /** A server left or was lost. */
  onGone(uid: ServerId): void {
    this.requests.onGone(uid);
    this.broadcasts.onGone(uid);
  }

  close(): void {
    this.requests.close();
    this.broadcasts.close();
  }
}
