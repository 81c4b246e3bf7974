// What every transport owes the layer above, whichever side it is on and whatever carries it. A run over an implementation is
// one call of describeTransportContract with a function that makes a bench: the transport, and the other end of its wire.
import { describe, expect, onTestFinished, test } from "vitest";
import type { PortData, PortEvent, TransportPort } from "./transport-port.js";
import { turns, until } from "./wait.js";

/** The other end of the wire. */
export interface TransportPeer {
  /** Sends messages, as one batch where the wire has batches. */
  send(...messages: PortData[]): Promise<void> | void;
  /** The next message that came over the wire. */
  next(): Promise<PortData>;
  /** Closes in good order. */
  close(): Promise<void> | void;
  /** Breaks the connection. */
  break(): Promise<void> | void;
  /** Sends what is no packet; not called where the wire can't carry such a thing. */
  sendMalformed(): Promise<void> | void;
  /** Stops reading, and goes on. */
  hold(): void;
  release(): void;
  /** How many messages of 100 kB the wire swallows while the peer does not read; 0 by default. */
  readonly slack?: number;
}

export interface TransportBench {
  readonly transport: TransportPort;
  readonly peer: TransportPeer;
  dispose(): Promise<void> | void;
}

const isMessage = (event: PortEvent): event is PortEvent & { event: "packet" } =>
  event.event === "packet" && event.type === "message";

export interface TransportContractOptions {
  /** False for a wire that carries packets, not bytes: nothing on it can be malformed. */
  carriesBytes?: boolean;
}

export function describeTransportContract(
  name: string,
  make: () => Promise<TransportBench> | TransportBench,
  options: TransportContractOptions = {},
): void {
  const bench = async (): Promise<TransportBench> => {
    const made = await make();
    onTestFinished(() => made.dispose());
    return made;
  };
  const message = async (transport: TransportPort): Promise<PortData | undefined> =>
    ((await transport.events.find(isMessage)) as PortEvent & { event: "packet" }).data;
  const drains = (transport: TransportPort): number => transport.log.filter(({ event }) => event === "drain").length;
  const ends = (transport: TransportPort): PortEvent[] =>
    transport.log.filter(({ event }) => event === "error" || event === "close");
  const writable = (transport: TransportPort): Promise<void> => until(() => transport.writable, "a writable transport");

  describe(`${name} keeps the transport contract`, () => {
    test("is open and becomes writable", async () => {
      const { transport } = await bench();
      expect(transport.readyState).toBe("open");
      await writable(transport);
    });

    test.each(["", "hello", "€uro 🎉 \u0000", "line\nbreak", "x".repeat(100_000)])(
      "carries a text both ways (%#)",
      async (text) => {
        const { transport, peer } = await bench();
        await writable(transport);
        transport.send(text);
        expect(await peer.next()).toBe(text);
        await peer.send(text);
        expect((await message(transport)) ?? "").toBe(text);
      },
    );

    test.each([Buffer.alloc(0), Buffer.from([0, 1, 127, 128, 255]), Buffer.alloc(100_000, 7)])(
      "carries binary both ways (%#)",
      async (data) => {
        const { transport, peer } = await bench();
        await writable(transport);
        transport.send(data);
        expect(await peer.next()).toEqual(data);
        await peer.send(data);
        expect(await message(transport)).toEqual(data);
      },
    );

    test("keeps the order within a batch and between batches, text and binary mixed", async () => {
      const { transport, peer } = await bench();
      const sent: PortData[] = [];
      for (let batch = 0; batch < 5; batch++) {
        await writable(transport);
        const messages: PortData[] = [
          `text ${String(batch)}`,
          Buffer.from([batch]),
          "",
          "y".repeat(5_000),
          Buffer.alloc(3_000, batch),
        ];
        sent.push(...messages);
        transport.send(...messages);
      }
      for (const data of sent) expect(await peer.next()).toEqual(data);
    });

    test("keeps the order of what comes", async () => {
      const { transport, peer } = await bench();
      const sent = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? Buffer.from([i]) : `message ${String(i)}`));
      await peer.send(...sent.slice(0, 10));
      for (const data of sent.slice(10)) await peer.send(data);
      for (const data of sent) expect(await message(transport)).toEqual(data);
    });

    test("drains once a batch, and is writable again", async () => {
      const { transport, peer } = await bench();
      for (let batch = 1; batch <= 3; batch++) {
        await writable(transport);
        transport.send("a", "b");
        expect(await peer.next()).toBe("a");
        expect(await peer.next()).toBe("b");
        await until(() => drains(transport) >= batch, "the drain");
        await turns();
        expect(drains(transport)).toBe(batch);
      }
    });

    test("is not writable while the peer does not read; nothing is lost by it", async () => {
      const { transport, peer } = await bench();
      await writable(transport);
      peer.hold();
      const chunk = "z".repeat(100_000);
      let sent = 0;
      while (transport.writable && sent <= (peer.slack ?? 0)) {
        transport.send(chunk);
        sent += 1;
        await turns(2);
      }
      expect(transport.writable).toBe(false);
      const before = drains(transport);
      await turns(5);
      expect(drains(transport)).toBe(before);
      peer.release();
      for (let i = 0; i < sent; i++) expect(await peer.next()).toBe(chunk);
      await writable(transport);
    });

    test("close() reaches the peer after what was sent before; nothing is told afterwards", async () => {
      const { transport, peer } = await bench();
      await writable(transport);
      transport.send("last words");
      transport.close();
      expect(transport.writable).toBe(false);
      expect(await peer.next()).toBe("last words");
      await until(() => transport.readyState === "closed", "a closed transport");
      const told = transport.log.length;
      await Promise.resolve(peer.send("too late")).catch(() => undefined);
      await turns(5);
      expect(transport.log.length).toBe(told);
      expect(ends(transport).length).toBeLessThanOrEqual(1);
    });

    test("close() twice is close() once", async () => {
      const { transport } = await bench();
      await writable(transport);
      transport.close();
      transport.close();
      await until(() => transport.readyState === "closed", "a closed transport");
      transport.close();
      await turns(5);
      expect(ends(transport).length).toBeLessThanOrEqual(1);
    });

    test("the peer's close is told once, after what it sent before", async () => {
      const { transport, peer } = await bench();
      await writable(transport);
      await peer.send("one", "two");
      await peer.close();
      expect(await message(transport)).toBe("one");
      expect(await message(transport)).toBe("two");
      await until(() => ends(transport).length > 0, "the end");
      await turns(5);
      // A close packet belongs to the session; on the wire it is an end all the same.
      expect(ends(transport)).toHaveLength(1);
      expect(transport.log.at(-1)?.event).toMatch(/close|error/);
    });

    test("a break is told once, and nothing after it", async () => {
      const { transport, peer } = await bench();
      await writable(transport);
      await peer.break();
      await until(() => ends(transport).length > 0, "the end");
      const told = transport.log.length;
      await turns(10);
      expect(transport.log.length).toBe(told);
      expect(ends(transport)).toHaveLength(1);
      await until(() => transport.readyState === "closed", "a closed transport");
      expect(transport.writable).toBe(false);
    });

    if (options.carriesBytes === false) return;

    test("what is no packet is one error, of a class that says so", async () => {
      const { transport, peer } = await bench();
      await writable(transport);
      await peer.sendMalformed();
      await until(() => ends(transport).length > 0, "the end");
      await turns(5);
      expect(ends(transport)).toHaveLength(1);
      const [end] = ends(transport);
      expect(end).toMatchObject({ event: "error" });
      expect((end as { error: Error }).error).toBeInstanceOf(Error);
    });
  });
}
