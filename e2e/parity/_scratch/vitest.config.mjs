import { defineConfig } from "vitest/config";
const c = { resolve: { conditions: ["everwire-source", "node"] }, ssr: { resolve: { conditions: ["everwire-source", "node"], noExternal: [/^@everwire\//] } } };
export default defineConfig({ ...c, root: "/work/main", test: { include: ["e2e/parity/_scratch/*.probe.ts"], testTimeout: 15000, reporters: ["dot"], hookTimeout: 15000 } });
