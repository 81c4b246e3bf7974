// Values as they are compared and as they travel to the Python programs: every kind of binary becomes its bytes, so that a Buffer,
// an ArrayBuffer and Python's bytes are equal when their bytes are.

/** A copy of `value` in which every binary value is a plain Uint8Array. */
export function plain(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    return Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
  }
  return value;
}

const BYTES_KEY = "$bytes";

/** JSON text for a Python program; bytes go as `{"$bytes": base64}`. */
export function toWire(value: unknown): string {
  return JSON.stringify(mapBytes(plain(value)));
}

function mapBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return { [BYTES_KEY]: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(mapBytes);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, mapBytes(entry)]));
  }
  return value;
}

/** The reverse of `toWire`. */
export function fromWire(line: string): unknown {
  return JSON.parse(line, (_key, value: unknown) => {
    if (typeof value === "object" && value !== null && BYTES_KEY in value) {
      return Uint8Array.from(Buffer.from(String(value[BYTES_KEY]), "base64"));
    }
    return value;
  });
}
