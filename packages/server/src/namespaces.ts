// All namespaces of a server by name, and the parents that new names may belong to. The server makes them here for users;
// admissions look here for the namespace that a client named.
import { serverError } from "./errors.js";
import { ParentNamespace } from "./dynamic-namespace.js";
import { Namespace } from "./namespace.js";
import type { AnyNamespace, AnyParentNamespace, AnyServer } from "./types.js";

/** Decides whether a namespace of that name exists. */
export type NamespaceMatcher = (
  name: string,
  auth: Record<string, unknown>,
  next: (error: Error | null, allow?: boolean) => void,
) => void;

interface Dynamic {
  readonly parent: AnyParentNamespace;
  readonly pattern: RegExp | undefined;
  readonly matches: NamespaceMatcher;
}

// A client names what it likes; a name that is kept is short.
const MAX_NAME_LENGTH = 1_024;

export class NamespaceRegistry {
  readonly all = new Map<string, AnyNamespace>();
  readonly #server: AnyServer;
  readonly #dynamics: Dynamic[] = [];
  // Namespaces that belong to a parent. One that the application made itself does not give way to others.
  readonly #children = new Map<AnyNamespace, { readonly parent: AnyParentNamespace; readonly isByHand: boolean }>();
  #byClients = 0;

  constructor(server: AnyServer) {
    this.#server = server;
  }

  /** The namespace of that name, made if need be. */
  of(name: string): AnyNamespace {
    const path = name.startsWith("/") ? name : `/${name}`;
    const known = this.all.get(path);
    if (known !== undefined) return known;
    const dynamic = this.#dynamics.find(({ pattern }) => pattern?.test(path) === true);
    if (dynamic === undefined) return this.#add(new Namespace(this.#server, path));
    return this.#addChild(dynamic.parent, path, true);
  }

  /** A parent for every name that `matcher` knows. */
  ofMatching(matcher: RegExp | NamespaceMatcher): AnyParentNamespace {
    const parent: AnyParentNamespace = new ParentNamespace(this.#server);
    if (typeof matcher === "function") {
      this.#dynamics.push({ parent, pattern: undefined, matches: matcher });
      return parent;
    }
    if (matcher.global || matcher.sticky) {
      const why = `${String(matcher)} has the flag g or y, so it remembers where its last match ended`;
      throw serverError("ERR_NAMESPACE_PATTERN", `stateful regular expressions are not supported: ${why}`);
    }
    this.#dynamics.push({ parent, pattern: matcher, matches: (name, _auth, next) => next(null, matcher.test(name)) });
    return parent;
  }

  /** The namespace for a client that names it; undefined if there is none and no parent allows one. */
  find(name: string, auth: Record<string, unknown>, callback: (namespace: AnyNamespace | undefined) => void): void {
    const known = this.all.get(name);
    if (known !== undefined) callback(known);
    else if (name.length > MAX_NAME_LENGTH) callback(undefined);
    else this.#askParents(0, name, auth, callback);
  }

  /** Its last socket left, or nobody was let in. */
  onEmpty(namespace: AnyNamespace): void {
    if (this.#server.resolved.cleanupEmptyChildNamespaces && this.#children.has(namespace)) this.#remove(namespace);
  }

  // In the order in which they were made, until one allows the name.
  #askParents(
    index: number,
    name: string,
    auth: Record<string, unknown>,
    callback: (namespace: AnyNamespace | undefined) => void,
  ): void {
    const dynamic = this.#dynamics[index];
    if (dynamic === undefined) {
      callback(undefined);
      return;
    }
    let isAnswered = false;
    const next = (error: Error | null, allow?: boolean): void => {
      if (isAnswered) return;
      isAnswered = true;
      if (error || !allow) this.#askParents(index + 1, name, auth, callback);
      else callback(adopt());
    };
    const { boundary } = this.#server;
    // Its adapter may fail, and this may run in a timer of the user's.
    const adopt = (): AnyNamespace | undefined =>
      boundary.call({ kind: "adapter" }, this, () => this.#adopt(dynamic.parent, name), []) as AnyNamespace | undefined;
    boundary.call({ kind: "namespace", event: name }, undefined, dynamic.matches, [name, auth, next], () => {
      next(null, false);
    });
  }

  #adopt(parent: AnyParentNamespace, name: string): AnyNamespace | undefined {
    // Another client may have been faster.
    const known = this.all.get(name);
    if (known !== undefined) return known;
    if (this.#byClients >= this.#server.resolved.maxChildNamespaces && !this.#makeRoom()) return undefined;
    this.#byClients++;
    return this.#addChild(parent, name, false);
  }

  #addChild(parent: AnyParentNamespace, name: string, isByHand: boolean): AnyNamespace {
    const child = parent.createChild(name);
    this.#children.set(child, { parent, isByHand });
    return this.#add(child);
  }

  // Empty children give way, the oldest first.
  #makeRoom(): boolean {
    for (const [child, { isByHand }] of this.#children) {
      if (isByHand || !child.isEmpty) continue;
      this.#remove(child);
      return true;
    }
    return false;
  }

  #add(namespace: AnyNamespace): AnyNamespace {
    this.all.set(namespace.name, namespace);
    if (namespace.name !== "/") this.#server.onNamespace(namespace);
    return namespace;
  }

  #remove(child: AnyNamespace): void {
    const entry = this.#children.get(child);
    entry?.parent.children.delete(child);
    if (entry?.isByHand === false) this.#byClients--;
    this.#children.delete(child);
    this.all.delete(child.name);
    void child.close();
  }
}
