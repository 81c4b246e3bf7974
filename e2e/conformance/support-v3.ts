// A client of Engine.IO protocol revision 3 spoken by hand, for the tests of `allowEIO3` and JSONP: payloads are written and read here,
// with nothing of ours in between.
import { httpRequest, type HttpRequestOptions, type HttpResponse, RawEngineClient } from "@everwire/testkit";
import { engineUrl, type RawHandshake } from "@everwire/testkit";
import { ENGINE_PATH, engineUnderTest, type EngineUnderTest, SOCKET_PATH, serverUnderTest } from "./support.js";
import type { ServerUnderTest } from "./support.js";

/** `<length>:<packet>` for each, the length in UTF-16 units. */
export function legacyPayload(...packets: string[]): string {
  return packets.map((packet) => `${String(packet.length)}:${packet}`).join("");
}

/** The packets of a text payload. */
export function legacyPackets(payload: string): string[] {
  const packets: string[] = [];
  let rest = payload;
  while (rest !== "") {
    const [digits = ""] = /^\d+(?=:)/.exec(rest) ?? [];
    if (digits === "") throw new Error(`failed to read a payload: no length before ${rest}`);
    const end = digits.length + 1 + Number(digits);
    packets.push(rest.slice(digits.length + 1, end));
    rest = rest.slice(end);
  }
  return packets;
}

/** A binary payload: kind, digits of the length in bytes, 255, the packet. A Buffer is a packet with its type byte. */
export function legacyBinaryPayload(...packets: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    packets.flatMap((packet) => {
      const content = Buffer.from(packet as string);
      const kind = typeof packet === "string" ? 0 : 1;
      return [Buffer.from([kind, ...Array.from(String(content.length), Number), 255]), content];
    }),
  );
}

/** A session over long-polling. Each call is one request. */
export class LegacyPolling {
  readonly handshake: RawHandshake;
  readonly opening: HttpResponse;
  readonly #url: (query: Record<string, string>) => string;

  private constructor(url: (query: Record<string, string>) => string, opening: HttpResponse) {
    this.#url = url;
    this.opening = opening;
    const [open = ""] = opening.status === 200 ? legacyPackets(opening.text) : [];
    if (!open.startsWith("0")) throw new Error(`failed to open a session: ${String(opening.status)} ${opening.text}`);
    this.handshake = JSON.parse(open.slice(1)) as RawHandshake;
  }

  static async open(base: string, path: string, query: Record<string, string>): Promise<LegacyPolling> {
    const url = (more: Record<string, string>): string =>
      engineUrl(base, "polling", { path, query: { EIO: "3", ...query, ...more } });
    return new LegacyPolling(url, await httpRequest(url({})));
  }

  get sid(): string {
    return this.handshake.sid;
  }

  request(options: HttpRequestOptions & { query?: Record<string, string> } = {}): Promise<HttpResponse> {
    return httpRequest(this.#url({ sid: this.sid, ...options.query }), options);
  }

  /** The packets of one GET that is answered in text. */
  async packets(): Promise<string[]> {
    const answer = await this.request();
    if (answer.status !== 200) throw new Error(`failed to poll: ${String(answer.status)} ${answer.text}`);
    return legacyPackets(answer.text);
  }

  push(...packets: string[]): Promise<HttpResponse> {
    return this.post(legacyPayload(...packets));
  }

  post(body: string | Buffer): Promise<HttpResponse> {
    const type = typeof body === "string" ? "text/plain;charset=UTF-8" : "application/octet-stream";
    return this.request({ method: "POST", body, headers: { "Content-Type": type } });
  }
}

export interface LegacyEngine extends EngineUnderTest {
  /** Opens WebSockets of revision 3. */
  readonly old: RawEngineClient;
  polling(query?: Record<string, string>): Promise<LegacyPolling>;
}

/** An engine that lets old clients in. */
export async function legacyEngine(options: Parameters<typeof engineUnderTest>[0] = {}): Promise<LegacyEngine> {
  const under = await engineUnderTest({ allowEIO3: true, ...options });
  return {
    ...under,
    old: new RawEngineClient(under.url, { path: ENGINE_PATH, query: { EIO: "3" } }),
    polling: (query = {}) => LegacyPolling.open(under.url, ENGINE_PATH, query),
  };
}

export interface LegacyServer extends ServerUnderTest {
  readonly old: RawEngineClient;
  polling(query?: Record<string, string>): Promise<LegacyPolling>;
}

/** The same for the whole server. */
export async function legacyServer(options: Parameters<typeof serverUnderTest>[0] = {}): Promise<LegacyServer> {
  const under = await serverUnderTest({ allowEIO3: true, ...options });
  return {
    ...under,
    old: new RawEngineClient(under.url, { path: SOCKET_PATH, query: { EIO: "3" } }),
    polling: (query = {}) => LegacyPolling.open(under.url, SOCKET_PATH, query),
  };
}
