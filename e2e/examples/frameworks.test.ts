// Each framework's example is run as a user would run it, beside Everwire on one HTTP server. Needs a build.
import { describe } from "vitest";
import { itServesBoth } from "./mounted-suite.js";

describe.each(["express", "express4", "fastify", "hono", "koa", "plain-http"])("examples/%s", (name) => {
  itServesBoth(name);
});
