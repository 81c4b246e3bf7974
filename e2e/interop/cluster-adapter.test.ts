// The published adapter for node:cluster on Everwire servers, as it is: three processes, a client on each. The processes run the
// built packages.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { once, until, within } from "@everwire/testkit";
import { io as connect, type Socket } from "socket.io-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

interface Worker {
  readonly pid: number;
  readonly url: string;
  readonly control: Socket;
}

const WORKERS = 3;
let primary: ChildProcess | undefined;
const workers: Worker[] = [];
let clients: Socket[] = [];

async function start(): Promise<void> {
  const script = fileURLToPath(new URL("cluster/primary.mjs", import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  primary = child;
  const all = new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`failed to start the cluster: it ended with ${code ?? "a signal"}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { pid, port } = JSON.parse(line) as { pid: number; port: number };
      const url = `http://127.0.0.1:${port}`;
      workers.push({ pid, url, control: connect(`${url}/control`, { forceNew: true, transports: ["websocket"] }) });
      if (workers.length === WORKERS) resolve();
    });
  });
  await within(all, "three workers", { timeoutMs: 20_000 });
}

/** Has a worker do something; the result of the call there. */
async function tell(worker: number, command: string, ...args: unknown[]): Promise<unknown> {
  const answer: unknown = await workers[worker]?.control.timeout(10_000).emitWithAck("do", command, args);
  const { result, error } = answer as { result?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return result;
}

/** What one process asked for has to have arrived before another counts on it. */
async function untilInRoom(worker: number, room: string, count: number): Promise<void> {
  while (((await tell(worker, "fetch", [room])) as unknown[]).length !== count);
}

async function untilCount(worker: number, count: number): Promise<void> {
  while ((await tell(worker, "count")) !== count);
}

const client = (index: number): Socket => clients[index]!;

describe("@socket.io/cluster-adapter on Everwire servers", () => {
  beforeAll(async () => {
    await start();
    for (let i = 0; i < WORKERS; i++) await untilCount(i, WORKERS);
  }, 30_000);

  afterAll(async () => {
    for (const { control } of workers) control.disconnect();
    if (primary === undefined || primary.exitCode !== null) return;
    const ended = once(primary, "exit");
    primary.stdin?.end();
    await ended;
  });

  beforeEach(async () => {
    clients = workers.map(({ url }) => connect(url, { forceNew: true, transports: ["websocket"] }));
    await Promise.all(clients.map((each) => once(each, "connect")));
  });
  afterEach(() => {
    for (const each of clients) each.disconnect();
  });

  it("broadcasts to everyone, with binary data", async () => {
    const heard = Promise.all(clients.map((each) => once(each, "m")));
    await tell(0, "emit", [], "m", { deep: [Buffer.from("abc")] }, 1);
    expect(await heard).toEqual(clients.map(() => [{ deep: [Buffer.from("abc")] }, 1]));
  });

  it("broadcasts to rooms over processes, and only locally when asked", async () => {
    const [one, two, three] = [client(0), client(1), client(2)];
    await tell(0, "join", [two.id, three.id], "r");
    await untilInRoom(1, "r", 2);
    const events: unknown[][] = [[], [], []];
    clients.forEach((each, index) => each.onAny((...event) => events[index]?.push(event)));
    const ends = Promise.all([one, two, three].map((each) => once(each, "end")));
    const first = once(three, "room");
    await tell(1, "emit", ["r"], "room", 1);
    await first;
    await tell(2, "local", "near");
    await tell(1, "leave", [three.id], "r");
    await tell(1, "emit", ["r"], "room", 2);
    await tell(1, "emit", [], "end");
    await ends;
    expect(events).toEqual([[["end"]], [["room", 1], ["room", 2], ["end"]], [["room", 1], ["near"], ["end"]]]);
  });

  it("collects acknowledgements of all clients, and what came until the time is over", async () => {
    clients.forEach((each, index) => each.on("ask", (answer) => answer(Buffer.from([index]))));
    const answers = (await tell(0, "ask", 5_000, "ask")) as Buffer[];
    expect(answers.map(([first]) => first).sort()).toEqual([0, 1, 2]);
    client(2).off("ask");
    expect(await tell(0, "ask", 200, "ask")).toMatchObject({
      message: "operation has timed out",
      responses: { length: 2 },
    });
  });

  it("describes the sockets of all processes", async () => {
    await tell(0, "join", [client(1).id], "r");
    await untilInRoom(2, "r", 1);
    const found = (await tell(2, "fetch", [])) as { id: string; data: unknown; url: string }[];
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(clients.map(({ id }) => id)));
    for (const { data, url } of found) {
      expect(workers.map(({ pid }) => ({ pid }))).toContainEqual(data);
      expect(url).toContain("/socket.io/");
    }
    expect(await tell(2, "fetch", ["r"])).toMatchObject([{ id: client(1).id, rooms: [client(1).id, "r"] }]);
  });

  it("sends events between servers, with answers", async () => {
    const heard = Promise.all([once(client(1), "hello"), once(client(2), "hello")]);
    await tell(0, "sendAll", "hello", Buffer.from("x"));
    expect(await heard).toEqual([
      [workers[1]?.pid, Buffer.from("x")],
      [workers[2]?.pid, Buffer.from("x")],
    ]);
    const answers = (await tell(0, "askAll", "ask", "?")) as unknown[];
    expect(new Set(answers)).toEqual(new Set([1, 2].map((index) => [workers[index]?.pid, "?"])));
  });

  it("disconnects sockets elsewhere, behind what was sent to them", async () => {
    const events: string[] = [];
    client(2).onAny((event: string) => events.push(event));
    const gone = once(client(2), "disconnect");
    const left = once(client(1), "disconnect");
    await tell(0, "join", [client(1).id, client(2).id], "r");
    await tell(0, "emit", ["r"], "bye");
    await tell(0, "disconnect", [client(2).id], true);
    await gone;
    expect(events).toEqual(["bye"]);
    await tell(0, "disconnect", ["r"], false);
    expect((await left)[0]).toBe("io server disconnect");
    expect(client(0).connected).toBe(true);
  });

  // Last, for it leaves two processes.
  it("goes on without a process that is killed in the middle", async () => {
    const lost = workers[2]!;
    const dropped = once(client(2), "disconnect");
    const found = tell(0, "fetch", []);
    lost.control.disconnect();
    process.kill(lost.pid, "SIGKILL");
    await dropped;
    client(2).disconnect();
    await found; // with its sockets or without: it was asked while it died
    const heard = once(client(1), "m");
    await tell(0, "emit", [], "m");
    await heard;
    await untilCount(0, WORKERS - 1);
    await until(() => client(0).connected && client(1).connected, "the others to stay connected");
    expect(await tell(0, "fetch", [])).toHaveLength(2);
    expect(await tell(0, "askAll", "ask", "?")).toEqual([[workers[1]?.pid, "?"]]);
  });
});
