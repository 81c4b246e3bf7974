// The room. The socket opens when this is shown, and closes when it is not; hot reloading keeps it.
import { useConnection, useEmit, useSocket, useSocketEvent, useSocketValue } from "@everwire/react";
import { useState } from "react";
import { myName } from "./name.js";

export function App() {
  const socket = useSocket("/", { auth: { name: myName } });
  const { id } = useConnection(socket);
  const people = useSocketValue(socket, "people", []);
  const [lines, setLines] = useState([]);
  useSocketEvent(socket, "lines", setLines);
  useSocketEvent(socket, "said", (line) => setLines((all) => [...all.slice(-99), line]));

  return (
    <main>
      <header>
        <h1>Everwire in React</h1>
        <Wire socket={socket} />
      </header>
      <ul className="people" aria-label="People">
        {people.map((person) => (
          <li key={person.id} className={person.id === id ? "me" : undefined}>
            {person.name}
          </li>
        ))}
      </ul>
      <ol className="log" role="log" aria-label="Messages">
        {lines.map(({ key, from, name, text, at }) => (
          <li key={key} className={from === id ? "me" : undefined}>
            <small>
              {name}, {new Date(at).toLocaleTimeString()}
            </small>
            <p>{text}</p>
          </li>
        ))}
      </ol>
      <Mouth socket={socket} />
    </main>
  );
}

/** How the connection stands, and why. */
function Wire({ socket }) {
  const { status, reason, transport } = useConnection(socket);
  return (
    <p role="status" data-status={status}>
      {status} {transport ? `by ${transport}` : reason && `(${reason})`}
    </p>
  );
}

function Mouth({ socket }) {
  const [text, setText] = useState("");
  const [say, said] = useEmit(socket, "say");
  const onSubmit = (event) => {
    event.preventDefault();
    if (!text.trim()) return;
    setText("");
    void say(text);
  };
  return (
    <form onSubmit={onSubmit}>
      <input aria-label="Message" maxLength={500} value={text} onChange={(event) => setText(event.target.value)} />
      <button>{said.status === "pending" ? "Sending" : "Send"}</button>
    </form>
  );
}
