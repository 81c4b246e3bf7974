// The chat example as a visitor meets it, `node server.js` in a process of its own, behind a door that adds one script to its page: the
// robot, which does what a person does. So that it works alike in engines that take no script from outside.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../examples/chat", import.meta.url));
const ROBOT = readFileSync(new URL("page/robot.js", import.meta.url));
const ROBOT_TAG = '<script src="/robot.js"></script></body>';
const START_TIMEOUT_MS = 20_000;

/** Starts both. `chat` is the address of the example itself, `url` that of the door. */
export async function startChatSite() {
  const child = spawn(process.execPath, ["server.js"], {
    cwd: FOLDER,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const stop = () => {
    child.kill("SIGKILL");
    return exited;
  };
  try {
    const chatPort = await printedPort(child);
    const door = openDoor(chatPort);
    door.listen(0, "127.0.0.1");
    await once(door, "listening");
    return {
      chat: `http://127.0.0.1:${chatPort}`,
      url: `http://127.0.0.1:${door.address().port}`,
      async close() {
        door.close();
        door.closeAllConnections();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function printedPort(child) {
  let output = "";
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  while (!/:(\d+)\s/.test(output)) {
    const [text] = await once(child.stdout, "data", { signal });
    output += text;
  }
  child.stdout.resume();
  return Number(/:(\d+)\s/.exec(output)[1]);
}

/** Passes everything on, WebSockets too; adds the robot to the page. */
function openDoor(chatPort) {
  const chat = { host: "127.0.0.1", port: chatPort };
  const door = createServer((incoming, answer) => {
    const path = incoming.url.split("?")[0];
    if (path === "/robot.js") {
      answer.writeHead(200, { "Content-Type": "text/javascript" }).end(ROBOT);
      return;
    }
    const { method, url, headers } = incoming;
    // Whole and as it is: the page is to be written into.
    const plain = path === "/" ? { ...headers, "accept-encoding": "identity", "if-none-match": "" } : headers;
    const onward = request({ ...chat, method, path: url, headers: plain }, async (reply) => {
      if (path !== "/") {
        answer.writeHead(reply.statusCode, reply.headers);
        reply.pipe(answer);
        return;
      }
      const page = (await reply.setEncoding("utf8").toArray()).join("").replace("</body>", ROBOT_TAG);
      delete reply.headers["content-length"];
      answer.writeHead(reply.statusCode, reply.headers).end(page);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  door.on("upgrade", ({ method, url, rawHeaders }, socket, head) => {
    const onward = connect(chat);
    const lines = [`${method} ${url} HTTP/1.1`];
    for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    onward.write(`${lines.join("\r\n")}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ]) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  return door;
}
