// The auction house as a process: `PORT=3000 SECRET=... PIN=... node server/main.js`. It serves the page, logs people in, and prints
// its address when it is ready.
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { openAuction } from "./auction.js";
import { Sale } from "./sale.js";
import { cookieSessions, type SessionRequest } from "./sessions.js";

const FILES: Record<string, readonly [file: string, type: string]> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/style.css": ["style.css", "text/css; charset=utf-8"],
  "/app.js": ["app.js", "text/javascript; charset=utf-8"],
};

const sales = new Map([
  [
    "spring",
    new Sale([
      { id: "clock", title: "Longcase clock", about: "Oak, eight days, keeps time to the minute. About 1790." },
      { id: "globe", title: "Terrestrial globe", about: "Twelve gores on plaster. California is still an island." },
      { id: "violin", title: "Violin in its case", about: "Labelled, as they all are. Sounds better than its label." },
    ]),
  ],
  [
    "autumn",
    new Sale([
      { id: "atlas", title: "Sea atlas", about: "Forty charts, two of them with a monster." },
      { id: "lamp", title: "Ship's lamp", about: "Brass, blue glass, new wick." },
    ]),
  ],
]);

const sessions = cookieSessions(process.env["SECRET"] ?? "for tests only");
const server = createServer((request, response) => {
  sessions(request, response, () => {
    void answer(request, response).catch(() => response.destroy());
  });
});
const io = openAuction(server, { sales, sessions, pin: process.env["PIN"] ?? "1234" });

async function answer(request: SessionRequest, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://auction");
  const file = FILES[pathname];
  if (request.method === "POST" && pathname === "/login") await login(request, response);
  else if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "Content-Type": file[1] }).end(await readPublic(file[0]));
}

async function login(request: SessionRequest, response: ServerResponse): Promise<void> {
  const name = (await text(request as IncomingMessage)).trim();
  const isName = /^[\p{L}\p{N} .'-]{1,30}$/u.test(name);
  if (isName && request.session !== undefined) request.session.name = name;
  response.writeHead(isName ? 204 : 422).end();
}

const readPublic = (file: string): Promise<Buffer> => readFile(new URL(`../public/${file}`, import.meta.url));

process.once("SIGTERM", () => void io.close());
server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
