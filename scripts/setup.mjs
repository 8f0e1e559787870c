// Installs and builds what is missing, and does nothing when all is in place. `npm start` and `npm test` call it first.
// Plain JavaScript without dependencies: it runs on any Node from 20 on, before anything is installed.
//   node scripts/setup.mjs          what the program needs
//   node scripts/setup.mjs --infra  and what planning the deployment needs: SST's platform in .sst (300 MB)
//   node scripts/setup.mjs --test   and what all tests need: finds a Chromium, or installs one as root on Debian
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, findOptionalClients, installChromium } from "./setup/browser.mjs";
import { hasPlatform, installPlatform } from "./setup/infra.mjs";
import { differingPackages } from "./setup/installed.mjs";
import { hashFiles } from "./setup/sources.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const say = (text) => console.error(`setup: ${text}`);
const fail = (text) => {
  console.error(`setup: ${text}`);
  process.exit(1);
};

const OLDEST_NODE = 20;
/** From this version on Node runs TypeScript files itself. The npm package `node` brings a newer one. */
const OLDEST_NODE_FOR_TYPESCRIPT = [22, 18];

const run = (command, args, env = {}) =>
  spawnSync(command, args, {
    cwd: root,
    // Standard output belongs to whoever called `npm start`; all that set-up says goes to standard error.
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...env },
    // npm is a .cmd file on Windows, which only a shell can start.
    shell: process.platform === "win32",
  });

const install = () => {
  const differing = differingPackages(root);
  if (differing.length === 0) return;
  say(
    existsSync(join(root, "node_modules"))
      ? `node_modules differs from package-lock.json (${differing.slice(0, 3).join(", ")}${differing.length > 3 ? ", …" : ""}); installing again.`
      : "installing the dependencies (once, about a minute) …",
  );
  if (spawnSync("npm", ["--version"], { shell: process.platform === "win32" }).status !== 0) {
    fail("npm is not on the PATH. Install Node.js with npm from https://nodejs.org, then try again.");
  }
  // The install script of onnxruntime-node would download CUDA libraries; the CPU ones are in the package.
  const { status } = run("npm", ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
    ONNXRUNTIME_NODE_INSTALL: "skip",
    NODE_ENV: "development",
  });
  if (status !== 0) {
    fail(
      "npm ci failed; its own message stands above. With no network, connect once or point npm at a mirror\n" +
        "(`npm config set registry URL`); with a full disk, free about 1 GB. Then run the command again.",
    );
  }
};

const checkNode = () => {
  if (["node", "node.exe"].some((name) => existsSync(join(root, "node_modules/node/bin", name)))) return;
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE_FOR_TYPESCRIPT;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  fail(
    "the npm package `node` did not bring its Node 24 (npm's ignore-scripts setting does that).\n" +
      "Run `npm rebuild node --ignore-scripts=false`, or use Node 22.18 or newer yourself.",
  );
};

const WEB = "packages/web";
const buildPage = () => {
  if (!existsSync(join(root, WEB, "index.html"))) return;
  const marker = join(root, WEB, "dist/.sources");
  const hash = hashFiles(root, [
    ...["src", "public", "index.html", "vite.config.ts", "package.json"].map((path) => join(WEB, path)),
    "package-lock.json",
  ]);
  if (existsSync(marker) && readFileSync(marker, "utf8") === hash) return;
  say("building the page …");
  const { status } = run("npm", ["run", "build", "--workspace", "@tidewatch/web", "--silent"]);
  if (status !== 0) fail(`the page could not be built; the message stands above. Sources: ${WEB}/src.`);
  writeFileSync(marker, hash);
};

const infraTools = () => {
  if (hasPlatform(root)) return;
  say("installing SST's platform into .sst, to plan the deployment without AWS (once, about a minute) …");
  if (installPlatform(root) && hasPlatform(root)) return;
  fail(
    "`sst install` failed; its own message stands above, more in .sst/log. It needs the npm registry once and about\n" +
      "300 MB of disk. Then run the command again.",
  );
};

const testTools = () => {
  if (!findChromium()) installChromium(say);
  if (!findChromium()) {
    say("SKIPPED will be: the browser tests (test/browser). No Chromium was found.");
    say("  Install Chromium or Chrome, or set CHROMIUM_PATH to its program, then run `npm test` again.");
  }
  for (const { name, found, tests, how } of findOptionalClients()) {
    if (!found) say(`SKIPPED will be: ${tests}. ${name} was not found; ${how}.`);
  }
};

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  fail(`this is Node ${process.versions.node}; Tidewatch needs Node ${OLDEST_NODE} or newer (https://nodejs.org).`);
}
install();
checkNode();
buildPage();
const forTests = process.argv.includes("--test");
if (forTests || process.argv.includes("--infra")) infraTools();
if (forTests) testTools();
