// Registers every transport that there is, and the upgrade. Imported for that by the entries that know transports by name; it stands
// among the `sideEffects` of package.json, with those entries.
import { Upgrade, defaultNames, transports } from "./every-transport.js";
import { register } from "./registry.js";

register(Upgrade, transports, defaultNames);
