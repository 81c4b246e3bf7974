// The revision of the Engine.IO protocol: a file of its own, so that who needs no more of it does not load engine.io-parser.

/** Sent as `EIO` in the query. */
export const ENGINE_PROTOCOL = 4;
