// A python3-socketio server on tornado behind the port of a pairing: a child process a server; taking it down is ending it.
import { Journal } from "./journal.js";
import { MAX_MESSAGE_BYTES } from "./js-server.js";
import type { JsServer } from "./js-modules.js";
import type { RunningServer, ServerEntry, ServerPort } from "./ports.js";
import { PYTHON_BURST } from "./python-client.js";
import { PythonProcess } from "./python-process.js";

export function pythonServer(): ServerPort {
  return { name: "python3-socketio server (tornado)", has: new Set(), burst: PYTHON_BURST, start: startPythonServer };
}

async function startPythonServer(): Promise<RunningServer> {
  const journal = new Journal<ServerEntry>();
  let port = 0;
  let running: PythonProcess | undefined;

  const up = async (): Promise<void> => {
    running = new PythonProcess("server.py", [String(port), String(MAX_MESSAGE_BYTES)], (report) => {
      journal.push(report as ServerEntry);
    });
    const ready = (await running.ready()) as { port: number };
    port = ready.port;
  };
  const down = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };

  await up();
  return {
    url: `http://127.0.0.1:${port}`,
    journal,
    up,
    down,
    crash: down, // the process is killed
    stop: down,
    js: (): JsServer => {
      throw new Error('failed to use the Python server: the case must declare that it needs "server api"');
    },
  };
}
