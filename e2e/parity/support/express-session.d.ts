// express-session brings no types; what the cases use of it.
declare module "express-session" {
  import type { Middleware } from "@everwire/server/engine";
  export default function session(options: Record<string, unknown>): Middleware;
}
