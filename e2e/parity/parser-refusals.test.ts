// What the Socket.IO parser refuses, with which words; and which packets it holds for valid.
import { describe, expect, test } from "vitest";
import { PEERS } from "./support/peers.js";
import { bytes, decode } from "./support/parser.js";

describe.each(PEERS)("$name: what is refused", (peer) => {
  test.each<[string, unknown[]]>([
    ["invalid payload", ['2["a']],
    ["invalid payload", ["2{"]],
    ["invalid payload", ["2{}"]],
    ["invalid payload", ["2[]"]],
    ["invalid payload", ["2[{}]"]],
    ["invalid payload", ["2[null]"]],
    ["invalid payload", ["2[true]"]],
    ["invalid payload", ['2[["a"]]']],
    ["invalid payload", ['2[{"toString":"foo"}]']],
    ["invalid payload", ['2"a"']],
    ["invalid payload", ["2[1.1.1]"]],
    ["invalid payload", ['2["connect"]']],
    ["invalid payload", ['2["connect_error"]']],
    ["invalid payload", ['2["disconnect","x"]']],
    ["invalid payload", ['2["disconnecting"]']],
    ["invalid payload", ['2["newListener"]']],
    ["invalid payload", ['2["removeListener"]']],
    ["invalid payload", ["0[]"]],
    ["invalid payload", ['0"a"']],
    ["invalid payload", ["01"].map((text) => `${text}{`)],
    ["invalid payload", ["1{}"]],
    ["invalid payload", ['1"a"']],
    ["invalid payload", ["3{}"]],
    ["invalid payload", ['3"a"']],
    ["invalid payload", ["4[]"]],
    ["invalid payload", ["41"].map((text) => `${text}[1]`)],
    ["invalid payload", ['51-["connect",{"_placeholder":true,"num":0}]']],
    ["unknown packet type 7", ["7"]],
    ["unknown packet type 8", ["8[]"]],
    ["unknown packet type 9", ["9"]],
    ["unknown packet type NaN", ["a"]],
    ["unknown packet type NaN", ["-1"]],
    ["Illegal attachments", ["5"]],
    ["Illegal attachments", ['5["a"]']],
    ["Illegal attachments", ["51"]],
    ["Illegal attachments", ['5a-["a"]']],
    ["Illegal attachments", ['50-["a"]']],
    ["Illegal attachments", ['6-["a"]']],
    ["too many attachments", ['511-["a"]']],
    ["too many attachments", ['5999999-["a"]']],
    ["illegal attachments", ['51-["a",{"_placeholder":true,"num":"splice"}]', bytes(1)]],
    ["illegal attachments", ['51-["a",{"_placeholder":true,"num":-1}]', bytes(1)]],
    ["illegal attachments", ['51-["a",{"_placeholder":true,"num":1}]', bytes(1)]],
    ["illegal attachments", ['51-["a",{"_placeholder":true}]', bytes(1)]],
    ["got plaintext data when reconstructing a packet", ['51-["a",{"_placeholder":true,"num":0}]', '2["b"]']],
    ["got binary data when not reconstructing a packet", [bytes(1)]],
    ["got binary data when not reconstructing a packet", [new ArrayBuffer(1)]],
    ["Unknown type: 999", [999]],
    ["Unknown type: [object Object]", [{}]],
  ])("%s: %o", (message, chunks) => {
    let thrown: unknown;
    try {
      decode(peer, chunks);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    expect((thrown as Error).message).toBe(message);
  });

  // docs/migrating.md
  test.each(["2", "3", '51e1-["a"]', '51.0-["a"]'])("a form that only ours refuses: %s", (text) => {
    const read = (): unknown => decode(peer, [text]);
    if (peer.name === "everwire") expect(read).toThrow();
    else expect(read).not.toThrow();
  });

  test("a decoder goes on after an error", () => {
    const decoder = new peer.protocol.Decoder();
    const seen: unknown[] = [];
    decoder.on("decoded", (packet) => seen.push(packet.data));
    expect(() => decoder.add("2[")).toThrow("invalid payload");
    decoder.add('2["a"]');
    expect(seen).toEqual([["a"]]);
  });
});

describe.each(PEERS)("$name: isPacketValid", (peer) => {
  test.each<[object, boolean]>([
    [{ type: 0, nsp: "/" }, true],
    [{ type: 0, nsp: "/", data: {} }, true],
    [{ type: 0, nsp: "/", data: "a" }, false],
    [{ type: 0, nsp: "/", data: null }, false],
    [{ type: 0, nsp: "/", data: [] }, false],
    [{ type: 1, nsp: "/" }, true],
    [{ type: 1, nsp: "/", data: {} }, false],
    [{ type: 1, nsp: "/", data: null }, false],
    [{ type: 2, nsp: "/", data: ["a"] }, true],
    [{ type: 2, nsp: "/", data: [1] }, true],
    [{ type: 2, nsp: "/", data: ["a"], id: 1 }, true],
    [{ type: 2, nsp: "/", data: ["a"], id: "1" }, false],
    [{ type: 2, nsp: "/", data: ["a"], id: 1.5 }, false],
    [{ type: 2, nsp: "/", data: ["a"], id: null }, false],
    [{ type: 2, nsp: "/", data: ["connect"] }, false],
    [{ type: 2, nsp: "/", data: ["disconnecting"] }, false],
    [{ type: 2, nsp: "/", data: [] }, false],
    [{ type: 2, nsp: "/", data: [{}] }, false],
    [{ type: 2, nsp: "/", data: {} }, false],
    [{ type: 2, nsp: "/" }, false],
    [{ type: 3, nsp: "/", data: [], id: 1 }, true],
    [{ type: 3, nsp: "/", data: "a" }, false],
    [{ type: 4, nsp: "/", data: "a" }, true],
    [{ type: 4, nsp: "/", data: {} }, true],
    [{ type: 4, nsp: "/", data: [] }, false],
    [{ type: 4, nsp: "/" }, false],
    [{ type: 5, nsp: "/", data: ["a"] }, false],
    [{ type: 6, nsp: "/", data: [] }, false],
    [{ type: 7, nsp: "/" }, false],
    [{ type: "2", nsp: "/", data: ["a"] }, false],
    [{ type: 0 }, false],
    [{ type: 0, nsp: 1 }, false],
    [{ type: 0, nsp: null }, false],
    [{}, false],
  ])("%o: %s", (packet, isValid) => {
    expect(peer.protocol.isPacketValid(packet as never)).toBe(isValid);
  });
});
