// One room, shown as often as the test asks for. The test edits this file and room.tsx while they run.
import { useState } from "react";
import { SocketProvider, useSocket } from "@everwire/react";
import { Room } from "./room.js";
import type { ClientToServer, ServerToClient } from "./wire.js";

/** The realtime server. */
const WIRE = new URLSearchParams(location.search).get("wire") ?? "/";
const GREETING = "first edition";

function Asking({ token, name }: { token: string; name: string }) {
  // Written in place: another object at each render.
  const socket = useSocket<ServerToClient, ClientToServer>(WIRE, { auth: { token }, transports: ["websocket"] });
  return <Room socket={socket} name={name} />;
}

function Calling({ token }: { token: string }) {
  const auth = (callback: (data: object) => void) => callback({ token });
  const socket = useSocket<ServerToClient, ClientToServer>(WIRE, { auth, transports: ["websocket"] });
  return <Room socket={socket} name="calling" />;
}

function Given() {
  return <Room socket={useSocket<ServerToClient, ClientToServer>()} name="given" />;
}

function Giving() {
  return (
    <SocketProvider socket={useSocket(`${WIRE}/news`, { auth: { token: "a" }, transports: ["websocket"] })}>
      <Given />
    </SocketProvider>
  );
}

export function App() {
  const [rooms, setRooms] = useState(["one"]);
  const [token, setToken] = useState("a");
  const [edition, setEdition] = useState(0);
  const toggle = (name: string) => () =>
    setRooms((all) => (all.includes(name) ? all.filter((other) => other !== name) : [...all, name]));
  return (
    <>
      <h1>{GREETING}</h1>
      {["one", "two", "given", "calling"].map((name) => (
        <button key={name} onClick={toggle(name)}>
          toggle {name}
        </button>
      ))}
      <button onClick={() => setToken("b")}>other token</button>
      <button onClick={() => setEdition(edition + 1)}>mount anew</button>
      {rooms.includes("one") && <Asking key={`one ${edition}`} token={token} name="one" />}
      {rooms.includes("two") && <Asking key={`two ${edition}`} token={token} name="two" />}
      {rooms.includes("given") && <Giving />}
      {rooms.includes("calling") && <Calling token={token} />}
    </>
  );
}
