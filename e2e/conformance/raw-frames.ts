// A WebSocket of a Socket.IO server whose frames the attack tests write and read one by one.
import { closeCode, Opcode, RawTcp, readFrame, upgradeRequest } from "@everwire/testkit";

export const TARGET = "/socket.io/?EIO=4&transport=websocket";

/** A WebSocket whose frames the test writes itself; it has joined nothing. */
export async function rawSocket(port: number, headers: Record<string, string> = {}, paused = false): Promise<RawTcp> {
  const tcp = await RawTcp.open(port);
  tcp.write(upgradeRequest(TARGET, headers));
  await tcp.readThrough("\r\n\r\n");
  await readFrame(tcp);
  if (paused) tcp.socket.pause();
  return tcp;
}

/** The close frame that ends a connection; other frames before it are dropped. */
export async function closing(tcp: RawTcp): Promise<number> {
  for (;;) {
    const frame = await readFrame(tcp);
    if (frame.opcode === Opcode.CLOSE) return closeCode(frame);
  }
}
