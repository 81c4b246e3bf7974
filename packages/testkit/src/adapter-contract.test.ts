import { Adapter, SessionAwareAdapter } from "@everwire/server/adapter";
import { describeAdapterContract } from "./adapter-contract.js";

describeAdapterContract("Adapter", (nsp) => new Adapter(nsp));
describeAdapterContract("SessionAwareAdapter", (nsp) => new SessionAwareAdapter(nsp), { recovers: true });
