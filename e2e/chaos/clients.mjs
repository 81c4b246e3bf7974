// The clients of one run of the chaos suite, in a process of their own: that can be stalled, stopped, and its clock moved.
// `node clients.mjs everwire|socket.io`, told over IPC what to do.
import { jump, stall } from "./clock.mjs";
import { serveCommands } from "./child.mjs";
import { ChaosClient } from "./client.mjs";

const { io } = await import(process.argv[2] === "socket.io" ? "socket.io-client" : "@everwire/client");

let clients = [];
let timers = [];

serveCommands({
  /** `plans`: clients of a schedule, each with the `url` of its own way to the server. */
  open({ plans }) {
    clients = plans.map((plan) => new ChaosClient(io, plan.url, plan));
    timers = plans.flatMap((plan, index) =>
      plan.says.map((say) => setTimeout(() => clients[index].say(say), say.atMs)),
    );
    process.send({ opened: true });
  },
  sayLast() {
    for (const client of clients) client.say({ count: 1, bytes: 1, isBinary: false });
    process.send({ saidLast: true });
  },
  stall: ({ ms }) => stall(ms),
  jump: ({ ms, hasMonotonic }) => jump(ms, hasMonotonic),
  status: () => process.send({ status: clients.map((client) => client.status) }),
  histories: () => process.send({ histories: clients.map(({ name, events, status }) => ({ name, events, status })) }),
  close() {
    timers.forEach(clearTimeout);
    for (const client of clients) client.close();
    clients = [];
    process.send({ closed: true });
  },
});
