// Which content coding a client wants (RFC 9110, section 12.5.3). Called when client bundles are served.

/**
 * The coding of `offered` that the client likes best: by its weights, then in its own order. Undefined when it wants none of
 * them, or the plain form more.
 */
export function preferredEncoding<Name extends string>(
  header: string | undefined,
  offered: readonly Name[],
): Name | undefined {
  if (header === undefined) return undefined;
  const weights = parse(header);
  const others = weights.get("*");
  // The plain form is as good as the rest unless it is mentioned.
  const identity = weights.get("identity") ?? 0;
  const order = [...weights.keys()];
  const place = (name: Name): number => (weights.has(name) ? order.indexOf(name) : order.length);
  const candidates = offered
    .map((name) => ({ name, weight: weights.get(name) ?? others ?? 0 }))
    .filter(({ weight }) => weight > 0 && weight >= identity)
    .sort((a, b) => b.weight - a.weight || place(a.name) - place(b.name));
  return candidates[0]?.name;
}

function parse(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const entry of header.split(",")) {
    const [name = "", ...parameters] = entry.split(";");
    const coding = name.trim().toLowerCase();
    if (coding === "" || weights.has(coding)) continue;
    weights.set(coding, weightOf(parameters));
  }
  return weights;
}

function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [key = "", value = ""] = parameter.split("=");
    if (key.trim().toLowerCase() !== "q") continue;
    const weight = Number(value.trim());
    return weight >= 0 && weight <= 1 ? weight : 0;
  }
  return 1;
}
