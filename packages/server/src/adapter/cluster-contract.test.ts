import { MemoryBus } from "@everwire/testkit";
import { describeAdapterContract } from "@everwire/testkit/contracts";
import type { AdapterNamespace } from "./adapter.js";
import { ClusterAdapter } from "./cluster-adapter.js";
import { ClusterAdapterWithHeartbeat } from "./cluster-heartbeat.js";
import type { ClusterMessage, ClusterResponse, Offset, ServerId } from "./cluster-message.js";

const bus = new MemoryBus();

class Counted extends ClusterAdapter {
  protected doPublish(message: ClusterMessage): Promise<Offset> {
    return bus.publish(message);
  }

  protected doPublishResponse(uid: ServerId, response: ClusterResponse): Promise<void> {
    return bus.respond(uid, response);
  }
}

class WithHeartbeat extends ClusterAdapterWithHeartbeat {
  protected doPublish(message: ClusterMessage): Promise<Offset> {
    return bus.publish(message);
  }

  protected doPublishResponse(uid: ServerId, response: ClusterResponse): Promise<void> {
    return bus.respond(uid, response);
  }
}

describeAdapterContract("ClusterAdapter", (nsp: AdapterNamespace) => new Counted(nsp));
describeAdapterContract("ClusterAdapterWithHeartbeat", (nsp: AdapterNamespace) => new WithHeartbeat(nsp));
