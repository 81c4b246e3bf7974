// io(): from an address to a socket, and which sockets share a Manager.
import { compare, type Case } from "./support/cases.js";

const CACHE: readonly (readonly [title: string, first: string, second: string, options: object, isShared: boolean])[] =
  [
    ["another namespace", "/a", "/b", {}, true],
    ["another namespace with a query", "/a", "/b?x=1", {}, true],
    ["other transports", "/a", "/b", { transports: ["polling"] }, true],
    ["the same namespace again", "/a", "/a", {}, false],
    ["another path", "/a", "/b", { path: "/other" }, false],
    ["forceNew", "/a", "/b", { forceNew: true }, false],
    ["multiplex: false", "/a", "/b", { multiplex: false }, false],
    ["force new connection", "/a", "/b", { "force new connection": true }, false],
  ];

let port = 1_000;
compare("io()", [
  [
    "is the default export, by three names, with the classes on it",
    ({ peer }) => {
      const { io, connect, Manager, Socket } = peer.client;
      return [connect === io, io.io === io, io.connect === io, io.Manager === Manager, io.Socket === Socket];
    },
    [true, true, true, true, true],
  ],
  ...CACHE.map(([title, first, second, options, isShared]): Case => [
    `${isShared ? "shares a Manager" : "makes another Manager"}: ${title}`,
    ({ peer }) => {
      const address = `http://localhost:${++port}`;
      const a = peer.client.io(address + first, { autoConnect: false });
      return peer.client.io(address + second, { autoConnect: false, ...options }).io === a.io;
    },
    isShared,
  ]),
  [
    "a shared Manager keeps its first options",
    ({ peer }) => {
      const address = `http://localhost:${++port}`;
      peer.client.io(`${address}/a`, { autoConnect: false, reconnectionDelay: 7 });
      return peer.client.io(`${address}/b`, { autoConnect: false, reconnectionDelay: 8 }).io.reconnectionDelay();
    },
    7,
  ],
  [
    "takes the namespace from the path, and the query from the address unless one is given",
    ({ peer }) => {
      const look = (address: string, query?: object): unknown[] => {
        const { nsp, io } = peer.client.io(address, {
          autoConnect: false,
          forceNew: true,
          ...(query && { query }),
        } as never);
        return [nsp, { ...(io.opts.query as object) }];
      };
      return [look("http://localhost"), look("http://localhost/a/b?c=d&e=f"), look("http://localhost/a?c=d", { x: 1 })];
    },
    [
      ["/", {}],
      ["/a/b", { c: "d", e: "f" }],
      ["/a", { x: 1 }],
    ],
  ],
  [
    "throws nowhere that there is no page to name the server",
    ({ peer }) => typeof peer.client.io({ autoConnect: false }).io.open,
    "function",
  ],
]);
