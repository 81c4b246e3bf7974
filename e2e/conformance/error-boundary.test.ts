// Whatever an application throws, the process lives, one hook is told with what it takes to find it, and who waits for an answer gets
// one that tells nothing. The application runs in a process of its own, on the built packages, so that an error which nobody
// catches would end it.
import { execFileSync, fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { httpRequest, once, RawEngineClient, type RawSession, until, within } from "@everwire/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { SOCKET_PATH } from "./support.js";

const APPLICATION = fileURLToPath(new URL("process/broken-application.mjs", import.meta.url));

interface Case {
  readonly name: string;
  readonly act: string;
  readonly answer?: unknown[];
  readonly report?: [kind: string, event: string | null];
  readonly namespace?: string;
  readonly message?: string;
  readonly query?: string;
  readonly status?: number;
  readonly body?: unknown;
}

interface Report {
  readonly message?: string;
  readonly kind: string;
  readonly event: string | null;
  readonly namespace?: string;
  readonly args?: number;
  readonly socket: boolean;
  readonly session: boolean;
  readonly request: boolean;
}

interface Word {
  readonly port?: number;
  readonly report?: Report;
  readonly warning?: { code?: string; message: string };
  readonly ended?: boolean;
}

const environment = { ...process.env };
delete environment["NODE_OPTIONS"];
const cases = JSON.parse(
  execFileSync(process.execPath, [APPLICATION, "--list"], { encoding: "utf8", env: environment, timeout: 30_000 }),
) as Case[];

let child: ChildProcess;
let words: Word[] = [];
let isGone = true;
let deaths = 0;

/** Forks the application; anew where a case was its end, so that the next is not its price. */
function start(): void {
  isGone = false;
  const one = fork(APPLICATION, [], { execArgv: [], env: environment, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let lastWords = "";
  one.stderr?.on("data", (chunk: Buffer) => (lastWords = (lastWords + chunk.toString()).slice(-2_000)));
  one.on("message", (word: Word) => words.push(word));
  one.on("exit", (code) => {
    isGone = true;
    if (code !== 0) deaths += 1;
    words.push({ warning: { message: `the application has ended: ${lastWords}` } });
  });
  child = one;
}

afterAll(() => {
  if (!isGone) child.kill();
});

const reports = (): Report[] => words.flatMap(({ report }) => report ?? []);
const warnings = (): string[] => words.flatMap(({ warning }) => (warning === undefined ? [] : [warning.message]));

/** Waits for a word of the child. It would be in vain once it has ended. */
async function hear(condition: (word: Word) => boolean, what: string): Promise<Word> {
  await until(() => isGone || words.some(condition), what, { timeoutMs: 10_000 });
  if (isGone) throw new Error(`failed to hear ${what}: ${warnings().join()}`);
  return words.find(condition) as Word;
}

async function run(each: Case, hasHook: boolean): Promise<void> {
  words = [];
  if (isGone) start();
  child.send({ command: "begin", name: each.name, hasHook });
  const { port } = await hear((word) => word.port !== undefined, "a port");
  const client = new RawEngineClient(`http://127.0.0.1:${port}`, { path: SOCKET_PATH });
  const sockets = await act(each, client);
  if (each.report !== undefined)
    await hear((word) => (hasHook ? word.report : word.warning) !== undefined, `the report of ${each.name}`);
  // Others go on as if nothing had happened: this server, or where it is closed or lets nobody in, the process.
  for (const { socket, isWhole } of sockets) {
    if (!isWhole || !socket.isOpen) continue;
    socket.send('4299["sync"]');
    await nextWhere(socket, (text) => text === '4399["synced"]');
  }
  child.send({ command: "end" });
  await hear((word) => word.ended === true, "the end");
}

interface Held {
  readonly socket: RawSession;
  /** It is in its namespace, and stays. */
  readonly isWhole: boolean;
}

async function nextWhere(socket: RawSession, condition: (text: string) => boolean): Promise<string> {
  for (;;) {
    const message = await socket.next({ timeoutMs: 10_000 });
    if (typeof message === "string" && condition(message)) return message;
  }
}

async function connect(client: RawEngineClient, auth = "", query = {}): Promise<RawSession> {
  const socket = await client.websocket(query);
  socket.send(`40${auth}`);
  await nextWhere(socket, (text) => text.startsWith("40{"));
  return socket;
}

async function act(each: Case, client: RawEngineClient): Promise<Held[]> {
  const held = (socket: RawSession, isWhole = true): Held[] => [{ socket, isWhole }];
  switch (each.act) {
    case "ask": {
      const socket = await connect(client);
      socket.send('421["m",1]');
      socket.send('422["sync"]');
      const answers: string[] = [];
      // The listener may answer in a later turn than that of sync; either way there is one answer, and no second.
      while (answers.length < 2) answers.push(await nextWhere(socket, (text) => text.startsWith("43")));
      expect(answers.sort()).toEqual([`431${JSON.stringify(each.answer)}`, '432["synced"]']);
      socket.send('423["sync"]');
      expect(await nextWhere(socket, (text) => text.startsWith("43"))).toBe('433["synced"]');
      return held(socket);
    }
    case "say": {
      const socket = await connect(client);
      socket.send('42["m",1]');
      return held(socket);
    }
    case "join": {
      const socket = await connect(client);
      child.send({ command: "during", name: each.name });
      return held(socket);
    }
    case "reply": {
      const socket = await connect(client);
      child.send({ command: "during", name: each.name });
      const question = await nextWhere(socket, (text) => text.includes('["question"'));
      socket.send(`43${/^42(\d+)/.exec(question)?.[1] ?? ""}["yes"]`);
      return held(socket);
    }
    case "leave": {
      const socket = await connect(client);
      socket.send("41");
      await socket.close();
      return [];
    }
    case "vanish": {
      const socket = await client.websocket();
      socket.send("40");
      await socket.close();
      return [];
    }
    case "vanish-later": {
      const socket = await connect(client);
      socket.ws.terminate();
      return [];
    }
    case "refused": {
      const socket = await client.websocket();
      const namespace = each.namespace === undefined ? "" : `${each.namespace},`;
      socket.send(`40${namespace}`);
      expect(await nextWhere(socket, (text) => text.startsWith("44"))).toBe(
        `44${namespace}${JSON.stringify({ message: each.message })}`,
      );
      return held(socket, false);
    }
    case "cut": {
      const socket = await client.websocket();
      socket.send("40");
      await within(socket.closed(), "the end of the connection");
      return [];
    }
    case "cut-off": {
      const [socket, other] = await Promise.all([connect(client), connect(client)]);
      socket.send('42["m"]');
      await within(socket.closed(), "the end of the connection");
      return held(other);
    }
    case "return":
      return held(await connect(client, JSON.stringify({ pid: "unknown", offset: "none" })));
    case "break": {
      const socket = await connect(client, "", { ew: "1" });
      socket.ws.terminate();
      // With the session's id it may be too early; the server then takes the old connection for lost.
      const query = { ew: "1", sid: socket.handshake.sid, resume: "0", leg: "1" };
      const again = await client.socket(query);
      expect((await again.nextText()).startsWith("0{")).toBe(true);
      return held(Object.assign(again, { handshake: socket.handshake }));
    }
    case "request": {
      const answer = await httpRequest(`${client.url("polling")}${each.query === undefined ? "" : `&${each.query}`}`);
      expect([answer.status, answer.json()]).toEqual([each.status, each.body]);
      return [];
    }
    case "poll":
      (await client.polling()).release();
      return [];
    case "upgrade": {
      const { socket } = await client.upgrade(await client.polling());
      socket.send("40");
      const whole = Object.assign(socket, { handshake: {} as RawSession["handshake"] });
      await nextWhere(whole, (text) => text.startsWith("40{"));
      return held(whole);
    }
    case "ended": {
      const socket = await connect(client);
      child.send({ command: "during", name: each.name });
      await socket.closed();
      return [];
    }
    default:
      throw new Error(`failed to run ${each.name}: nobody knows how to ${each.act}`);
  }
}

describe("the process lives, and listener_error is told once", () => {
  test.each(cases.map((each) => [each.name, each] as const))("of %s", async (_name, each) => {
    await run(each, true);
    expect(warnings()).toEqual([]);
    const told = reports();
    if (each.report === undefined) {
      expect(told).toEqual([]);
      return;
    }
    const [kind, event] = each.report;
    expect(told.length).toBeGreaterThan(0);
    const [first] = told;
    expect(first?.kind).toBe(kind);
    if (event !== null) expect(first?.event).toBe(event);
    // With what it takes to find the place.
    if (["listener", "catch-all", "packet-middleware"].includes(kind) && event !== "between" && event !== "close")
      expect(first).toMatchObject({ socket: true, namespace: "/" });
    if (kind === "engine-middleware" || (kind === "option" && event !== "onOverflow"))
      expect(first).toMatchObject({ request: true });
  });
});

describe("without a hook the process lives, and prints a warning", () => {
  test.each(cases.filter(({ report }) => report !== undefined).map((each) => [each.name, each] as const))(
    "for %s",
    async (_name, each) => {
      await run(each, false);
      expect(words.find(({ warning }) => warning !== undefined)?.warning).toMatchObject({ code: "ERR_LISTENER" });
    },
  );
});

test("all of it happened in one process, which is there still", async () => {
  expect([deaths, isGone]).toEqual([0, false]);
  const exit = once(child, "exit");
  child.disconnect();
  expect(await exit).toEqual([0, null]);
});
