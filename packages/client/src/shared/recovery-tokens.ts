// RecoveryTokens: what tabs get in the place of the server's private id (`pid`) of a connection. A tab takes a connection for recovered
// when it gets the token it had: so one that came too late for the missed events gets another, though the server's id is the same.

/** Tokens that are remembered; who comes with an older one is not recovered. */
const MAX_TOKENS = 10_000;

export class RecoveryTokens {
  readonly #known = new Set<string>();
  #made = 0;

  add(token: string): void {
    this.#known.add(token);
    if (this.#known.size <= MAX_TOKENS) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }

  /**
   * Who a tab says that it is, as JSON, "" for nobody, apart from what it knows of a connection to recover. A `pid` that was given to no
   * tab is the application's own, and part of who it is. Throws on what is no JSON.
   */
  split(json: string): { identity: string; token: string | undefined } {
    const data = JSON.parse(json || "{}") as Record<string, unknown>;
    const { pid } = data;
    const token = typeof pid === "string" && this.#known.has(pid) ? pid : undefined;
    const own = Object.entries(data).filter(([name]) => token === undefined || (name !== "pid" && name !== "offset"));
    return { identity: own.length ? JSON.stringify(Object.fromEntries(own)) : "", token };
  }

  /** Another one for the same connection. */
  make(pid: string): string {
    return `${pid}~${String(++this.#made)}`;
  }

  isOf(pid: string, token: string | undefined): boolean {
    return token === pid || !!token?.startsWith(`${pid}~`);
  }
}
