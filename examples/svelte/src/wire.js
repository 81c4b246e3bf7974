// The wire of the page: one socket, and stores over it. A store listens while somebody looks at it: hot reloading takes a component
// away and brings it back, and its listeners go and come with it. The socket stays.
import { io } from "@everwire/client";
import { readable } from "svelte/store";
import { myName } from "./name.js";

// When this very file is edited, the module is made anew: its socket takes the place of the one before.
import.meta.hot?.data.socket?.disconnect();
export const socket = io({ auth: { name: myName } });
if (import.meta.hot) import.meta.hot.data.socket = socket;

/** Adds listeners; the function that is returned takes them off. */
export function listen(source, listeners) {
  for (const [event, listener] of Object.entries(listeners)) source.on(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) source.off(event, listener);
  };
}

/** The first argument of the last event. */
export const people = readable([], (set) => listen(socket, { people: set }));

export const lines = readable([], (set, update) =>
  listen(socket, { lines: set, said: (line) => update((all) => [...all.slice(-99), line]) }),
);

function look(reason) {
  return {
    status: socket.connected ? "connected" : socket.active ? "connecting" : "disconnected",
    id: socket.id,
    detail: socket.connected ? `by ${socket.io.engine.transport.name}` : reason ? `(${reason})` : "",
  };
}

/** How the connection stands. */
export const connection = readable(look(), (set) => {
  const show = (reason) => set(look(reason));
  const clear = () => show();
  // Its session has gone on to another transport.
  const onOpen = () => socket.io.engine.on("upgrade", clear);
  if (socket.connected) onOpen();
  clear();
  const offs = [
    listen(socket, { connect: clear, disconnect: show, connect_error: ({ message }) => show(message) }),
    listen(socket.io, {
      open: onOpen,
      suspend: (reason) => set({ ...look(), status: "suspended", detail: `(${reason})` }),
      resume: clear,
    }),
    () => socket.io.engine.off("upgrade", clear),
  ];
  return () => offs.forEach((off) => off());
});
