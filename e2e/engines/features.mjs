// The features that every engine is asked for, in the order of the table's columns. Their scripts are in page/, under the same names; what
// each proves is said here and in docs/browsers.md. `page`: the page that they belong to, or the bed itself.
export const FEATURES = [
  { name: "connect", page: "main", means: "a socket connects, over the transport that was asked for" },
  { name: "JSON", page: "main", means: "every kind of JSON value comes back equal" },
  {
    name: "unicode",
    page: "main",
    means: "text beyond the basic plane, lone controls, line separators, in values, names and keys",
  },
  { name: "ArrayBuffer", page: "main", means: "bytes both ways, nested in JSON and in acknowledgements" },
  { name: "typed array", page: "main", means: "a view of a part of a buffer sends that part" },
  { name: "Blob", page: "main", means: "a Blob arrives as its bytes" },
  { name: "acks", page: "main", means: "answers both ways, and both sides told when none comes in time" },
  { name: "1 MB", page: "main", means: "a text of a million characters, up and down" },
  { name: "namespaces", page: "main", means: "two namespaces over one connection, apart from each other" },
  {
    name: "auth refused",
    page: "main",
    means: "`connect_error` with the server's message and data; let in with the right token",
  },
  { name: "restart", page: "main", means: "after the server was killed: connected anew, with what was said meanwhile" },
  {
    name: "resume",
    page: "main",
    means: "after the line was cut: the same session, each message once and in order, no disconnect",
  },
  {
    name: "credentials",
    page: "main",
    means: "cookies to a server of another origin with `withCredentials`, and none without",
  },
  {
    name: "https",
    page: "secure",
    means: "https and wss, with a self-signed certificate that the engine was told to take",
  },
  { name: "leaving", page: "bed", means: "the page is left: the server knows at once, and keeps nothing of it" },
];

export const FEATURE_NAMES = FEATURES.map(({ name }) => name);
