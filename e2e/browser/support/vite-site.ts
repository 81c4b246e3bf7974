// ViteSite: an application under Vite's development server. It is a copy in a folder of its own, so that a test can edit its files and
// see them reloaded hot.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer as createVite, type PluginOption, type ViteDevServer } from "vite";

const E2E = fileURLToPath(new URL("../..", import.meta.url));

export interface ViteSiteOptions {
  plugins: PluginOption[];
  /** Packages that the application imports: what Vite finds later reloads the page. */
  include: string[];
}

export class ViteSite {
  readonly #folder: string;
  readonly #http: HttpServer;
  readonly #vite: ViteDevServer;

  private constructor(folder: string, http: HttpServer, vite: ViteDevServer) {
    this.#folder = folder;
    this.#http = http;
    this.#vite = vite;
  }

  /** `application`: a folder, from `e2e/` on. */
  static async start(application: string, { plugins, include }: ViteSiteOptions): Promise<ViteSite> {
    mkdirSync(join(E2E, ".cache"), { recursive: true });
    const folder = mkdtempSync(join(E2E, ".cache", "vite-"));
    cpSync(join(E2E, application), folder, { recursive: true });
    const http = createServer();
    const vite = await createVite({
      root: folder,
      cacheDir: join(folder, ".vite"),
      configFile: false,
      logLevel: "warn",
      plugins,
      optimizeDeps: { include },
      server: { middlewareMode: true, hmr: { server: http } },
    });
    http.on("request", vite.middlewares);
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    return new ViteSite(folder, http, vite);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Replaces a text of a file, as an editor that saves it. The text must be there. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.#folder, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`failed to edit ${file}: "${from}" is not in it`);
    writeFileSync(path, text.replace(from, to));
  }

  async close(): Promise<void> {
    await this.#vite.close();
    const closed = once(this.#http, "close");
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
