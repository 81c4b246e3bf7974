// The client files that a server has for its pages: names, headers, compression, and who answers for everything else.
import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { compare, type Case } from "./support/cases.js";

const FILES = ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js"];

compare("the client files", [
  ...FILES.flatMap((name): Case[] => [
    [
      `${name} is served`,
      async (rig) => {
        await rig.serve();
        const { status, headers, text } = await rig.get(`/socket.io/${name}?x=1`);
        return [
          status,
          headers["content-type"],
          headers["cache-control"],
          /^"\d+\.\d+\.\d+[^"]*"$/.test(String(headers.etag)),
          text.length > 1_000,
        ];
      },
      [200, "application/javascript; charset=utf-8", "public, max-age=0", true, true],
    ],
    [
      `${name}.map is served`,
      async (rig) => {
        await rig.serve();
        const { status, headers } = await rig.get(`/socket.io/${name}.map`);
        return [status, headers["content-type"]];
      },
      [200, "application/json; charset=utf-8"],
    ],
  ]),
  ...["nope.js", "package.json", "socket.io.js/", "socket.io.js/x", "SOCKET.IO.js", ""].map((name): Case => [
    `${name || "no name"} is the engine's`,
    async (rig) => {
      await rig.serve();
      return (await rig.get(`/socket.io/${name}`)).status;
    },
    400,
  ]),
  [
    "are not sent again to who has them, weakly or not",
    async (rig) => {
      await rig.serve();
      const path = "/socket.io/socket.io.js";
      const tag = String((await rig.get(path)).headers.etag);
      const answers = await Promise.all(
        [tag, `W/${tag}`, '"other"'].map((each) => rig.get(path, { headers: { "if-none-match": each } })),
      );
      return answers.map(({ status, text }) => [status, text.length > 0]);
    },
    [
      [304, false],
      [304, false],
      [200, true],
    ],
  ],
  ...(
    [
      ["gzip, br", "gzip"],
      ["br;q=0, gzip", "gzip"],
      ["deflate, gzip;q=0.5", "deflate"],
      ["br", "br"],
      ["identity", undefined],
      ["br;q=0.1, gzip;q=0.9", "gzip"],
    ] as const
  ).map(([accepted, used]): Case => [
    `are compressed for who accepts ${accepted}`,
    async (rig) => {
      await rig.serve();
      return (await rig.get("/socket.io/socket.io.min.js", { headers: { "accept-encoding": accepted } })).headers[
        "content-encoding"
      ];
    },
    used,
  ]),
  [
    "are whole when compressed",
    async (rig) => {
      await rig.serve();
      const path = "/socket.io/socket.io.min.js";
      const { text } = await rig.get(path);
      const body = await new Promise<Buffer>((resolve) => {
        const asked = request(rig.url + path, { headers: { "accept-encoding": "gzip" }, agent: false }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => resolve(Buffer.concat(chunks)));
        });
        asked.end();
      });
      return gunzipSync(body).toString() === text;
    },
    true,
  ],
  [
    "obey the cors option, preflights included",
    async (rig) => {
      await rig.serve({ cors: { origin: "http://a.test", credentials: true } });
      const headers = { origin: "http://a.test", "access-control-request-method": "GET" };
      const path = "/socket.io/socket.io.js";
      const [got, preflight] = [await rig.get(path, { headers }), await rig.get(path, { method: "OPTIONS", headers })];
      return [got, preflight].map((each) => [
        each.status,
        each.headers["access-control-allow-origin"],
        each.headers["access-control-allow-credentials"],
      ]);
    },
    [
      [200, "http://a.test", "true"],
      [204, "http://a.test", "true"],
    ],
  ],
  [
    "have headers without a body for HEAD",
    async (rig) => {
      await rig.serve();
      const { status, headers, text } = await rig.get("/socket.io/socket.io.js", { method: "HEAD" });
      return [status, headers["content-type"], text];
    },
    [200, "application/javascript; charset=utf-8", ""],
  ],
  [
    "are served for any method",
    async (rig) => {
      await rig.serve();
      return (await rig.get("/socket.io/socket.io.js", { method: "POST" })).status;
    },
    200,
  ],
  [
    "are not served where that is off",
    async (rig) => {
      await rig.serve({ serveClient: false });
      return (await rig.get("/socket.io/socket.io.js")).status;
    },
    400,
  ],
  [
    "are served under another path",
    async (rig) => {
      await rig.serve({ path: "/own/" }, (_request, response) => response.end("application"));
      const [own, usual] = [await rig.get("/own/socket.io.js"), await rig.get("/socket.io/socket.io.js")];
      return [own.status, usual.text];
    },
    [200, "application"],
  ],
  [
    "other paths are the application's",
    async (rig) => {
      await rig.serve({}, (_request, response) => response.end("application"));
      return Promise.all(["/", "/x", "/socket.iox"].map(async (path) => (await rig.get(path)).text));
    },
    ["application", "application", "application"],
  ],
]);
