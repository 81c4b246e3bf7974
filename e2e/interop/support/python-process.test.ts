// What a machine without the Python packages sees: an error that names what to install.
import { expect, test } from "vitest";
import { PythonProcess } from "./python-process.js";

test.each(["client.py", "server.py"])("%s without its package names the package that has it", async (program) => {
  // -S keeps Python from finding any installed package.
  const python = new PythonProcess(program, ["0", "1000"], () => undefined, ["/usr/bin/python3", "-S"]);
  await expect(python.ready()).rejects.toThrow("install the Debian package python3-socketio");
  await expect(python.request({ do: "anything" })).rejects.toThrow("install the Debian package python3-socketio");
  await python.stop();
});

test("a missing interpreter names itself and what to install", async () => {
  const python = new PythonProcess("client.py", [], () => undefined, ["/nowhere/python3"]);
  await expect(python.ready()).rejects.toThrow(/\/nowhere\/python3 does not start.*install python3, python3-socketio/);
});
