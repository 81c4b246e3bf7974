// Where session resume is on by itself, and where it gives way to recovery over processes.
import { Adapter, SessionAwareAdapter } from "@everwire/server/adapter";
import { expect, test } from "vitest";
import { serverUnderTest } from "./support.js";

class OverProcesses extends SessionAwareAdapter {}

test.each<[string, object, boolean]>([
  ["by itself", {}, true],
  ["with recovery in this process", { connectionStateRecovery: {} }, true],
  ["with an adapter of one's own", { adapter: Adapter }, true],
  ["with recovery over an adapter of one's own", { connectionStateRecovery: {}, adapter: OverProcesses }, false],
  ["with the same, where it is asked for", { connectionStateRecovery: {}, adapter: OverProcesses, resume: true }, true],
  ["switched off", { resume: false }, false],
])("sessions can be resumed %s: %o", async (_where, options, isOn) => {
  const { client } = await serverUnderTest(options);
  const { handshake } = await client.websocket({ ew: "1" });
  expect("resume" in handshake).toBe(isOn);
});
