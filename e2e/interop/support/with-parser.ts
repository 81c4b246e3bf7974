// A client or server module that speaks with another parser: each Manager, io() and Server gets it as its `parser` option.
import type { ClientModule, ServerModule } from "./js-modules.js";

/** What the `parser` option takes. */
interface ParserModule {
  Encoder: unknown;
  Decoder: unknown;
}

export function clientWithParser({ Manager, io }: ClientModule, parser: ParserModule): ClientModule {
  return {
    Manager: class extends Manager {
      constructor(uri: string, options: Record<string, unknown>) {
        super(uri, { ...options, parser });
      }
    },
    io: (uri, options) => io(uri, { ...options, parser }),
  };
}

export function serverWithParser({ Server, ...rest }: ServerModule, parser: ParserModule): ServerModule {
  return {
    ...rest,
    Server: class extends Server {
      constructor(...args: ConstructorParameters<ServerModule["Server"]>) {
        super(args[0], { ...args[1], parser });
      }
    },
  };
}
