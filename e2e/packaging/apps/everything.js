// A user's page with the whole client: transports by their names.
import { io } from "@everwire/client";

globalThis.connect = (url, options) => io(url, options);
