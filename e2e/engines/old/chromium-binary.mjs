// Chromium as it was years ago: the npm packages `chrome-aws-lambda` carry headless builds of it. Fetched at need into
// `.cache/engines/`, checked against a digest, unpacked, and kept there for the next run.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

export const CACHE = fileURLToPath(new URL("../../../.cache/engines/", import.meta.url));

/** Chromium's version → the package's version and the SHA-256 of its tarball. */
const PACKAGES = {
  64: { npm: "64.0.3264", sha256: "d702b0f6ae73cfa7e166634a10ab2a7678e62f7baeb5757b7df5fb246f7d84f3" },
  70: { npm: "1.7.0", sha256: "7a292139763fae729707ffab30643115b1037b0afba1e54bcf830e3052664350" },
  78: { npm: "1.20.4", sha256: "aba7f1562247dda11a704f9bc41294e57a1e197eae31085842479e4c0b025144" },
};

const folderOf = (version) => join(CACHE, `chromium-${version}`);
const binaryOf = (version) => join(folderOf(version), "chromium");

/** What is missing to run it, or undefined. Only a forbidden download counts: else it is fetched when it is asked for. */
export function missingChromium(version) {
  if (existsSync(binaryOf(version)) || process.env.EVERWIRE_NO_INSTALL !== "1") return undefined;
  return `Chromium ${version}: it is not in .cache/engines, and EVERWIRE_NO_INSTALL=1 forbids fetching it`;
}

/** The path of the executable. Throws where it is neither there nor may be fetched, or where the tarball is another one. */
export function chromiumBinary(version) {
  const binary = binaryOf(version);
  if (existsSync(binary)) return binary;
  const missing = missingChromium(version);
  if (missing !== undefined) throw new Error(`failed to find ${missing}`);
  const { npm, sha256 } = PACKAGES[version];
  // Unpacked beside its place and moved there whole: two runs at once do not see each other's half.
  const folder = `${folderOf(version)}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    console.log(`fetching Chromium ${version} (npm pack chrome-aws-lambda@${npm}) into .cache/engines`);
    const options = { cwd: folder, stdio: ["ignore", "ignore", "inherit"] };
    execFileSync("npm", ["pack", `chrome-aws-lambda@${npm}`, "--silent"], options);
    const tarball = join(folder, `chrome-aws-lambda-${npm}.tgz`);
    const digest = createHash("sha256").update(readFileSync(tarball)).digest("hex");
    if (digest !== sha256) throw new Error(`failed to fetch Chromium ${version}: its SHA-256 is ${digest}`);
    execFileSync("tar", ["xzf", tarball, "package/bin"], options);
    const packed = readdirSync(join(folder, "package/bin")).find((name) => /^chromium.*\.br$/.test(name));
    const bytes = brotliDecompressSync(readFileSync(join(folder, "package/bin", packed)));
    writeFileSync(join(folder, "chromium"), bytes, { mode: 0o755 });
    rmSync(join(folder, "package"), { recursive: true });
    rmSync(tarball);
    if (!existsSync(binary)) renameSync(folder, folderOf(version));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return binary;
}
