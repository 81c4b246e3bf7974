// The system packages that tests drive as real components: looked for first, installed by apt as root on Debian if missing.
// Never skipped in silence: what can't be had is an error that names the package.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const onPath = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const pythonHas = (module) =>
  existsSync("/usr/bin/python3") && spawnSync("/usr/bin/python3", ["-c", `import ${module}`]).status === 0;

const POSTGRES = "/usr/lib/postgresql";
const hasPostgres = () =>
  existsSync(POSTGRES) && readdirSync(POSTGRES).some((version) => existsSync(`${POSTGRES}/${version}/bin/initdb`));

/** One row a component: the apt packages that bring it, what it is for, and how to see that it is here. */
const COMPONENTS = [
  {
    apt: ["chromium"],
    use: "browser tests",
    found: () => Boolean(process.env.EVERWIRE_CHROMIUM) || onPath("chromium") || onPath("google-chrome"),
  },
  {
    apt: ["firefox-esr"],
    use: "browser tests",
    found: () => Boolean(process.env.EVERWIRE_FIREFOX) || onPath("firefox-esr"),
  },
  {
    apt: ["webkit2gtk-driver", "xvfb", "xauth"],
    use: "the engines' tests",
    found: () => onPath("WebKitWebDriver") && onPath("Xvfb"),
  },
  { apt: ["python3-pyqt5.qtwebkit"], use: "the engines' tests", found: () => pythonHas("PyQt5.QtWebKitWidgets") },
  { apt: ["python3-pyqt5.qtwebengine"], use: "the engines' tests", found: () => pythonHas("PyQt5.QtWebEngineCore") },
  { apt: ["python3-pyqt6.qtwebengine"], use: "the engines' tests", found: () => pythonHas("PyQt6.QtWebEngineCore") },
  { apt: ["duktape"], use: "the engines' tests", found: () => onPath("duk") },
  { apt: ["rhino"], use: "the engines' tests", found: () => onPath("rhino") },
  { apt: ["edbrowse"], use: "the engines' tests", found: () => onPath("edbrowse") },
  // KHTML is a library: the program around it is built at its first use.
  {
    apt: [
      "konqueror",
      "libkf5khtml-dev",
      "libkf5khtml-bin",
      "extra-cmake-modules",
      "libkf5kio-dev",
      "qtbase5-dev",
      "dbus-daemon",
      "cmake",
      "g++",
    ],
    use: "the engines' tests",
    found: () =>
      onPath("cmake") &&
      onPath("c++") &&
      onPath("dbus-run-session") &&
      existsSync("/usr/include/KF5/KHtml/khtml_part.h"),
  },
  { apt: ["python3-socketio"], use: "interop tests", found: () => pythonHas("socketio") },
  { apt: ["python3-aiohttp"], use: "interop tests", found: () => pythonHas("aiohttp") },
  {
    apt: ["redis-server", "redis-tools"],
    use: "broker tests",
    found: () => onPath("redis-server") && onPath("redis-cli"),
  },
  // Debian keeps its programs out of PATH.
  { apt: ["postgresql"], use: "broker tests", found: () => onPath("initdb") || hasPostgres() },
  { apt: ["python3-tornado"], use: "interop tests", found: () => pythonHas("tornado") },
  {
    apt: ["nginx"],
    use: "the deployment guide's test",
    found: () => onPath("nginx") || existsSync("/usr/sbin/nginx"),
  },
  // Only root on Linux makes network namespaces; elsewhere that part of the suite says that it is skipped.
  {
    apt: ["iproute2"],
    use: "the chaos suite's network namespaces",
    found: () => process.platform !== "linux" || process.getuid() !== 0 || onPath("ip"),
  },
];

const isRootOnDebian = () => process.getuid?.() === 0 && onPath("apt-get");

export function ensureSystemPackages() {
  const missing = COMPONENTS.filter((component) => !component.found());
  if (missing.length === 0) return;
  const names = missing.flatMap((component) => component.apt);
  const list = missing.map((component) => `${component.apt.join(" ")} (${component.use})`).join(", ");
  if (process.env.EVERWIRE_NO_INSTALL === "1")
    throw new Error(
      `failed to run the tests: missing system packages, and EVERWIRE_NO_INSTALL=1 forbids installing: ${list}`,
    );
  if (!isRootOnDebian())
    throw new Error(
      `failed to run the tests: missing system packages, and only root on Debian can install them here: ${list}`,
    );
  console.log(`installing system packages with apt-get: ${list}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) => spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env }).status;
  if (apt("update", "-qq") !== 0) throw new Error(`failed to install ${list}: apt-get update failed`);
  apt("install", "-y", "-qq", "--no-install-recommends", ...names);
  const still = missing.filter((component) => !component.found()).flatMap((component) => component.apt);
  if (still.length > 0) throw new Error(`failed to install system packages: ${still.join(" ")}`);
}
