// The wire of the page: one socket, what it has brought, and a composable for listeners of components. Components come and go, by hand
// or by hot reloading: a listener goes with the component that added it, and the socket stays.
import { io } from "@everwire/client";
import { onScopeDispose, ref } from "vue";
import { myName } from "./name.js";

// When this very file is edited, the module is made anew: its socket takes the place of the one before.
import.meta.hot?.data.socket?.disconnect();
export const socket = io({ auth: { name: myName } });
if (import.meta.hot) import.meta.hot.data.socket = socket;

export const people = ref([]);
export const lines = ref([]);
socket.on("people", (all) => (people.value = all));
socket.on("lines", (all) => (lines.value = all));
socket.on("said", (line) => (lines.value = [...lines.value.slice(-99), line]));

/** Calls `listener` with each event of this name, until the component is gone. */
export function useSocketEvent(event, listener) {
  socket.on(event, listener);
  onScopeDispose(() => socket.off(event, listener));
}

const look = (reason) => ({
  status: socket.connected ? "connected" : socket.active ? "connecting" : "disconnected",
  id: socket.id,
  detail: socket.connected ? `by ${socket.io.engine.transport.name}` : reason && `(${reason})`,
});

/** How the connection stands. */
export const connection = ref(look());
const show = (reason) => (connection.value = look(reason));
socket.on("connect", () => show());
socket.on("disconnect", show);
socket.on("connect_error", ({ message }) => show(message));
// Each connection has a session of its own, which may move to a better transport.
socket.io.on("open", () => socket.io.engine.on("upgrade", () => show()));
socket.io.on("suspend", (reason) => (connection.value = { ...look(), status: "suspended", detail: `(${reason})` }));
socket.io.on("resume", () => show());
