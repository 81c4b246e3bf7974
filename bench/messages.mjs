// What load and servers say to each other: the text of a message and the names of the requests.

/** A text of 64 bytes: about the size of a chat line. */
export const TEXT = "The quick brown fox jumps over the lazy dog; and again, and off.";

/** The bytes of a binary message: one megabyte. */
export const BINARY_BYTES = 1_000_000;

/** Namespaces of a connection besides the main one, which makes a hundred: as many as a connection may have by default. */
export const NAMESPACES = Array.from({ length: 99 }, (_, index) => `/n${index + 10}`);

/** Rooms that the sockets of the row about rooms are spread over. */
export const ROOM_COUNT = 100;

/** What the load asks for. */
export const EVENTS = {
  /** The data comes back: as an event, or as the answer to an acknowledgement. */
  echo: "echo",
  ack: "ack",
  /** One broadcast of `news` to everybody, or eight of them in one turn. */
  news: "news",
  burst: "burst",
  /** The socket enters the room of that name, and is told so by `done`; one broadcast of `news` to the room. */
  join: "join",
  shout: "shout",
  /** Work that the server does by itself, so often, and answers by `done` with what came of it. */
  joins: "joins",
  fetch: "fetch",
  ticks: "ticks",
  done: "done",
};
