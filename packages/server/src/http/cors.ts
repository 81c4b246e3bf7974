// Cross-origin requests: answers preflights and sets the headers with the npm package `cors`, and decides with the same setting
// whether the origin of a request is allowed at all. First step of the engine server with every request.
import type { IncomingMessage, ServerResponse } from "node:http";
import cors from "cors";
import type { CorsOptions } from "cors";
import type { CorsSetting } from "../engine/options.js";
import { UserCode } from "../engine/user-code.js";
import { isAnyOrigin, isNamedOrigin, isOwnOrigin } from "./origin.js";
import type { OriginSetting } from "./origin.js";

/** Stable code of the warning about credentials for everybody. */
export const CREDENTIALS_WARNING_CODE = "EVERWIRE_CORS_CREDENTIALS";

/** Options for one request, their `origin` evaluated. */
type SettledOptions = Omit<CorsOptions, "origin"> & { origin?: OriginSetting };

export class Cors {
  readonly #setting: CorsSetting | undefined;
  readonly #userCode: UserCode;
  #hasWarned = false;

  constructor(setting: CorsSetting | undefined, userCode = new UserCode()) {
    this.#setting = setting;
    this.#userCode = userCode;
    if (typeof setting === "object" && typeof setting.origin !== "function") this.#settle(setting, setting.origin);
  }

  /**
   * Sets the headers on `response`, which upgrade requests do not have. `done` is told whether the origin is allowed, unless the
   * request was a preflight and has been answered; in the same turn, unless the setting holds a function that takes its time.
   * `origin` is where the request comes from, if its own header does not say.
   */
  apply(
    request: IncomingMessage,
    response: ServerResponse | undefined,
    done: (error: unknown, isOriginAllowed: boolean) => void,
    origin = request.headers.origin,
  ): void {
    this.#resolve(request, origin, (error, options) => {
      if (error !== undefined) {
        done(error, false);
        return;
      }
      const isAllowed =
        origin === undefined ||
        isOwnOrigin(origin, request) ||
        (options !== undefined && isNamedOrigin(origin, options.origin));
      // Who took too long to decide finds the request answered.
      if (options === undefined || response === undefined || response.headersSent) done(undefined, isAllowed);
      else
        cors(options as CorsOptions)(request, response, (failure?: unknown) => done(failure ?? undefined, isAllowed));
    });
  }

  #resolve(
    request: IncomingMessage,
    origin: string | undefined,
    done: (error: unknown, options: SettledOptions | undefined) => void,
  ): void {
    const setting = this.#setting;
    if (setting === undefined || setting === false) {
      done(undefined, undefined);
    } else if (typeof setting === "function") {
      // The type of the argument is Express's request; `cors` itself passes on what it was given.
      this.#ask<CorsOptions>(request, setting, [request], (error, options) => {
        if (error !== undefined) done(error, undefined);
        else this.#resolveOrigin(request, origin, options ?? {}, done);
      });
    } else {
      this.#resolveOrigin(request, origin, setting === true ? { origin: "*" } : setting, done);
    }
  }

  /** Asks a function of the user, which answers with `(error, value)`: once, whatever it does. */
  #ask<Value>(
    request: IncomingMessage,
    code: (...args: never[]) => unknown,
    args: readonly unknown[],
    done: (error: unknown, value: Value | undefined) => void,
  ): void {
    let isAnswered = false;
    const answer = (error: unknown, value?: Value): void => {
      if (isAnswered) return;
      isAnswered = true;
      done(error || undefined, value);
    };
    this.#userCode.call({ kind: "option", event: "cors", request }, undefined, code, [...args, answer], (error) =>
      answer(error || new Error("a function of cors threw nothing")),
    );
  }

  #resolveOrigin(
    request: IncomingMessage,
    requestOrigin: string | undefined,
    options: CorsOptions,
    done: (error: unknown, options: SettledOptions | undefined) => void,
  ): void {
    const { origin } = options;
    if (typeof origin !== "function") {
      done(undefined, this.#settle(options, origin));
      return;
    }
    this.#ask<OriginSetting>(request, origin, [requestOrigin], (error, answer) => {
      if (error !== undefined) done(error, undefined);
      // A function that says yes means this one origin, not everybody.
      else if (answer === true) done(undefined, { ...options, origin: requestOrigin ?? false });
      else done(undefined, this.#settle(options, answer ?? false));
    });
  }

  /** Never credentials together with an origin that nobody has named: any page could read what is meant for a signed-in user. */
  #settle(options: CorsOptions, origin: OriginSetting): SettledOptions {
    const { credentials, ...rest } = options;
    // `cors` takes no origin for everybody; what lets in a foreign page has to be said.
    const settled: SettledOptions = { ...rest, origin: origin ?? false };
    if (credentials !== true) return settled;
    if (!isAnyOrigin(origin)) return { ...settled, credentials };
    this.#warn();
    return settled;
  }

  #warn(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(
      "cors.credentials is ignored: cors.origin lets in every origin; name the origins that you trust",
      {
        type: "SecurityWarning",
        code: CREDENTIALS_WARNING_CODE,
      },
    );
  }
}
