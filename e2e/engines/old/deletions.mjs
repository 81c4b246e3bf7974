// What an engine of 2010 lacks, taken away from a newer one before the scripts of a page run.

/** As QtWebKit, KHTML and Internet Explorer 9 have none of: transports, binary, and what ES2015 brought. */
const WEB = [
  ...[
    "WebSocket",
    "WebTransport",
    "EventSource",
    "fetch",
    "Request",
    "Response",
    "Headers",
    "AbortController",
    "AbortSignal",
  ],
  ...["Blob", "File", "FileReader", "FormData", "URL", "webkitURL", "URLSearchParams", "TextEncoder", "TextDecoder"],
  ...["MutationObserver", "WebKitMutationObserver", "MessageChannel", "BroadcastChannel", "Worker", "SharedWorker"],
  ...["performance", "requestAnimationFrame", "localStorage", "sessionStorage", "crypto", "atob", "btoa"],
  ...["queueMicrotask", "structuredClone", "ReadableStream", "WritableStream", "TransformStream", "CompressionStream"],
  ...["DecompressionStream", "scheduler"],
];
const LANGUAGE = [
  ...["Promise", "Symbol", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry", "Proxy", "Reflect"],
  ...[
    "BigInt",
    "globalThis",
    "Intl",
    "WebAssembly",
    "Iterator",
    "ArrayBuffer",
    "SharedArrayBuffer",
    "DataView",
    "Atomics",
  ],
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
];
/** Methods that came later to what was there before. */
const METHODS = {
  Object: ["assign", "entries", "values", "fromEntries", "is", "setPrototypeOf", "hasOwn", "groupBy"],
  Array: ["from", "of", "fromAsync"],
  "Array.prototype": [
    "includes",
    "find",
    "findIndex",
    "findLast",
    "fill",
    "flat",
    "flatMap",
    "at",
    "keys",
    "values",
    "entries",
  ],
  "String.prototype": [
    "startsWith",
    "endsWith",
    "includes",
    "repeat",
    "padStart",
    "padEnd",
    "codePointAt",
    "normalize",
    "at",
  ],
  String: ["fromCodePoint", "raw"],
  Number: ["isInteger", "isFinite", "isNaN", "isSafeInteger", "parseInt", "parseFloat"],
  Math: ["trunc", "sign", "imul", "clz32", "fround", "log2", "hypot"],
};

/** ES5 that deletes them, or leaves undefined what can't be deleted. */
export const TO_ES5 = `(function () {
  var names = ${JSON.stringify([...WEB, ...LANGUAGE])};
  var methods = ${JSON.stringify(METHODS)};
  function take(owner, name) {
    try { delete owner[name]; } catch (error) { /* it stays, and is covered below */ }
    if (typeof owner[name] === "undefined") return;
    try {
      Object.defineProperty(owner, name, { value: undefined, configurable: true, writable: true });
    } catch (error) { /* not configurable: the page tells that it has it */ }
  }
  for (var path in methods) {
    var owner = path.split(".").reduce(function (object, key) { return object[key]; }, window);
    methods[path].forEach(function (name) { take(owner, name); });
  }
  names.forEach(function (name) { take(window, name); });
})();`;
