import { describe, expect, it, vi } from "vitest";
import { Decoder } from "./decoder.js";
import { ProtocolError } from "./errors.js";

const listen = (decoder: Decoder) => {
  const listener = vi.fn();
  decoder.on("decoded", listener);
  return listener;
};

describe("Decoder", () => {
  it("emits each packet when it is whole", () => {
    const decoder = new Decoder();
    const listener = listen(decoder);
    decoder.add('51-["a",{"_placeholder":true,"num":0}]');
    expect(listener).not.toHaveBeenCalled();
    decoder.add(Buffer.from("x"));
    decoder.add("1/x,");
    expect(listener.mock.calls).toEqual([
      [{ type: 2, nsp: "/", data: ["a", Buffer.from("x")] }],
      [{ type: 1, nsp: "/x" }],
    ]);
  });

  it("takes a reviver, alone or among options", () => {
    const reviver = (_: string, value: unknown): unknown => (value === 1 ? 2 : value);
    for (const decoder of [new Decoder(reviver), new Decoder({ reviver })]) {
      const listener = listen(decoder);
      decoder.add('2["a",1]');
      expect(listener).toHaveBeenCalledWith({ type: 2, nsp: "/", data: ["a", 2] });
    }
  });

  it("throws on a bad chunk and holds the limits that it was given", () => {
    expect(() => new Decoder().add("2")).toThrow(ProtocolError);
    expect(() => new Decoder({ maxAttachments: 1 }).add('52-["a"]')).toThrow("too many attachments");
  });

  it("goes on after destroy", () => {
    const decoder = new Decoder();
    const listener = listen(decoder);
    decoder.add('51-["hello"]');
    decoder.destroy();
    decoder.add('2["hello"]');
    expect(listener).toHaveBeenCalledExactlyOnceWith({ type: 2, nsp: "/", data: ["hello"] });
  });

  it("lets a listener's throw through as it is", () => {
    const decoder = new Decoder();
    const thrown = new Error("the listener's own");
    decoder.on("decoded", () => {
      throw thrown;
    });
    expect(() => decoder.add('2["a"]')).toThrow(thrown);
  });
});
