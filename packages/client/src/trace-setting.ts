// The trace as the person who looks for a fault asks for it, in the manner of the `debug` package: `localStorage.debug` in a page, the
// environment variable DEBUG on Node, read once. Part of `@everwire/client/debug` and of the readable bundles; a page that has neither
// of them pays nothing for it.
import { PacketType, type Packet } from "@everwire/protocol";
import { setTrace } from "./trace.js";

interface Scope {
  localStorage?: Storage;
  process?: { versions?: { node?: string }; env: Record<string, string | undefined> };
}

// Nothing runs before it is called: what a minified bundle leaves out has to be gone without a trace of its own.
const isNode = (): boolean => (globalThis as Scope).process?.versions?.node !== undefined;

function readSetting(): string {
  const scope = globalThis as Scope;
  try {
    return (isNode() ? scope.process?.env["DEBUG"] : scope.localStorage?.getItem("debug")) ?? "";
  } catch {
    // A page that may keep nothing: in a sandbox, or with its cookies blocked.
    return "";
  }
}

/** Whether `name` is asked for: names with `*` for anything, separated by commas or spaces; one that begins with `-` takes away. */
export function isAskedFor(setting: string, name: string): boolean {
  const fits = (pattern: string): boolean =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`).test(name);
  const patterns = setting.split(/[\s,]+/).filter(Boolean);
  return (
    patterns.some((pattern) => !pattern.startsWith("-") && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith("-") && fits(pattern.slice(1)))
  );
}

const ENGINE_DIGITS: Record<string, string> = {
  open: "0",
  close: "1",
  ping: "2",
  pong: "3",
  message: "4",
  upgrade: "5",
  noop: "6",
};

/** As it is on the wire, but for binary data, of which there is only the size. */
function asWritten(chunk: unknown): string {
  if (typeof chunk === "string") return chunk;
  const { type, data = "" } = chunk as { type?: string; data?: unknown };
  const text = asBytes(type === undefined ? chunk : data);
  return text ?? `${ENGINE_DIGITS[type ?? ""] ?? ""}${String(data)}`;
}

function asBytes(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { byteLength, size } = value as { byteLength?: number; size?: number };
  const count = byteLength ?? size;
  return count === undefined ? undefined : `<${count} bytes>`;
}

const nameOf = (type: unknown): string =>
  (Object.keys(PacketType) as (keyof typeof PacketType)[]).find((name) => PacketType[name] === type) ?? String(type);

/** Lines: what can be said in words first, data as the console shows it at the end. */
function format(subject: string, details: unknown[]): unknown[][] {
  const name = `everwire:${subject}`;
  if (subject === "send" || subject === "receive") {
    const packet = details[0] as Packet;
    const { type, nsp, id } = packet;
    const data: unknown = packet.data;
    const line = `${name} ${nameOf(type)} ${nsp}${id === undefined ? "" : ` #${id}`}`;
    return [data === undefined ? [line] : [line, data]];
  }
  if (subject === "wire") {
    const [direction, transport, ...packets] = details;
    return packets.map((packet) => [`${name} ${String(direction)} ${String(transport)} ${asWritten(packet)}`]);
  }
  return [[[name, ...details.filter((word) => word !== undefined).map(String)].join(" ")]];
}

/** Prints what is asked for to the console: at the level "debug" in a page, to standard error on Node. Nothing, if nothing is. */
export function traceBySetting(): void {
  const setting = readSetting();
  if (!setting.includes("everwire") && !setting.includes("*")) return;
  setTrace((subject, ...details) => {
    if (!isAskedFor(setting, `everwire:${subject}`)) return;
    // eslint-disable-next-line no-console -- what it is for
    for (const line of format(subject, details)) (isNode() ? console.error : console.debug)(...line);
  });
}
