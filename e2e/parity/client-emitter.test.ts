// The small emitter of the client: listeners added, removed and called.
import { compare } from "./support/cases.js";

compare("emitters of the client", [
  [
    "add, remove and list listeners",
    async (rig) => {
      await rig.serve();
      const client = rig.client("/", { autoConnect: false });
      const [f, g] = [(): void => undefined, (): void => undefined];
      const chained = [client.on("x", f), client.once("x", g), client.addEventListener("y", f), client.off("x", f)].map(
        (each) => each === client,
      );
      const before = [
        client.hasListeners("x"),
        client.hasListeners("z"),
        client.listeners("y")[0] === f,
        client.listeners("z").length,
      ];
      client.off("x", g);
      client.removeEventListener("y", f);
      const after = [client.hasListeners("x"), client.hasListeners("y")];
      for (const event of ["a", "b"]) client.on(event, f);
      client.off("a");
      const one = [client.hasListeners("a"), client.hasListeners("b")];
      client.off();
      const none = client.hasListeners("b");
      client.on("a", f).on("a", f).removeListener("a", f);
      const rest = client.listeners("a").length;
      client.removeAllListeners("a");
      return [chained, before, after, one, none, rest, client.hasListeners("a")];
    },
    [[true, true, true, true], [true, false, true, 0], [false, false], [false, true], false, 1, false],
  ],
  [
    "call in order, and a removal meanwhile does not count",
    ({ peer, log, note }) => {
      const manager = new peer.client.Manager("http://localhost", { autoConnect: false });
      const emitter = manager as unknown as {
        on(event: string, listener: () => void): void;
        off(event: string, listener: () => void): void;
        emit(event: string): unknown;
      };
      const second = (): void => note("second");
      emitter.on("x", () => {
        note("first");
        emitter.off("x", second);
      });
      emitter.on("x", second);
      return [emitter.emit("x") === manager, emitter.emit("x") === manager, log];
    },
    [true, true, ["first", "second", "first"]],
  ],
  [
    "know events by any name",
    ({ peer, log, note }) => {
      const manager = new peer.client.Manager("http://localhost", { autoConnect: false });
      const emitter = manager as unknown as {
        on(event: string, listener: () => void): void;
        emit(event: string): void;
        listeners(event: string): unknown[];
        hasListeners(event: string): boolean;
      };
      emitter.on("__proto__", () => note("called"));
      for (const event of ["__proto__", "constructor", "toString"]) emitter.emit(event);
      return [log, emitter.listeners("constructor"), emitter.hasListeners("toString")];
    },
    [["called"], [], false],
  ],
]);
