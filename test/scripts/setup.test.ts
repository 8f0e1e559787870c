import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const SCRIPTS = join(import.meta.dirname, "../../scripts");
const LOCK = {
  packages: { "": {}, "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0", optional: true } },
};

/** Stands in for npm: notes how it was called, and puts in place what `npm ci` would. */
const FAKE_NPM = `#!/bin/sh
echo "$ONNXRUNTIME_NODE_INSTALL $*" >> "$ROOT/npm-calls"
[ "$1" = ci ] || exit 0
[ -n "$NPM_FAILS" ] && exit 1
mkdir -p "$ROOT/node_modules/a" "$ROOT/node_modules/node/bin" "$ROOT/packages/web/dist"
echo '{"packages":{"node_modules/a":{"version":"1.0.0"}}}' > "$ROOT/node_modules/.package-lock.json"
touch "$ROOT/node_modules/node/bin/node"
`;

/** Stands in for SST: notes its call and its switches, and lays out a platform. */
const FAKE_SST = `import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
const { ROOT, SST_FAILS, SST_NO_BUN, SST_SKIP_DEPENDENCY_CHECK, SST_TELEMETRY_DISABLED } = process.env;
const switches = SST_SKIP_DEPENDENCY_CHECK + SST_NO_BUN + SST_TELEMETRY_DISABLED;
appendFileSync(ROOT + "/sst-calls", process.argv.slice(2).join(" ") + " " + switches + "\\n");
mkdirSync(ROOT + "/.sst/platform/node_modules", { recursive: true });
writeFileSync(ROOT + "/.sst/platform/version", "4.17.1");
if (SST_FAILS) process.exit(1);
writeFileSync(ROOT + "/.sst/platform/node_modules/.package-lock.json", "{}");
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tidewatch-setup-"));
  cpSync(SCRIPTS, join(root, "scripts"), { recursive: true });
  writeFileSync(join(root, "package-lock.json"), JSON.stringify(LOCK));
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin/npm"), FAKE_NPM);
  chmodSync(join(root, "bin/npm"), 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const setup = (args: string[] = [], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(root, "scripts/setup.mjs"), ...args], {
    encoding: "utf8",
    env: { PATH: `${join(root, "bin")}:/usr/bin:/bin`, ROOT: root, TIDEWATCH_NO_APT: "1", ...env },
  });
const npmCalls = () =>
  existsSync(join(root, "npm-calls")) ? readFileSync(join(root, "npm-calls"), "utf8").trim().split("\n") : [];
const installs = () => npmCalls().filter((call) => call.startsWith("skip ci"));

describe("scripts/setup.mjs", () => {
  it("installs once, without downloads of install scripts, and is silent afterwards", () => {
    expect(setup()).toMatchObject({ status: 0, stdout: "" });
    expect(installs()).toHaveLength(1);
    expect(setup()).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(installs()).toHaveLength(1);
  });

  it("installs again when a package has another version than the lock file", () => {
    setup();
    writeFileSync(join(root, "node_modules/.package-lock.json"), '{"packages":{"node_modules/a":{"version":"0.9.0"}}}');
    expect(setup().stderr).toContain("node_modules differs from package-lock.json (a)");
    expect(installs()).toHaveLength(2);
  });

  it("says what to do when npm fails, and tries again the next time", () => {
    const { status, stderr } = setup([], { NPM_FAILS: "1" });
    expect(status).toBe(1);
    expect(stderr).toContain("With no network, connect once");
    expect(setup().status).toBe(0);
  });

  it("says what to do when there is no npm", () => {
    rmSync(join(root, "bin/npm"));
    const { status, stderr } = setup([], { PATH: join(root, "bin") });
    expect(status).toBe(1);
    expect(stderr).toContain("npm is not on the PATH");
  });

  it("builds the page when its sources changed, and only then", () => {
    mkdirSync(join(root, "packages/web/src"), { recursive: true });
    writeFileSync(join(root, "packages/web/index.html"), "one");
    const builds = () => npmCalls().filter((call) => call.includes("run build")).length;
    setup();
    setup();
    expect(builds()).toBe(1);
    writeFileSync(join(root, "packages/web/src/new.ts"), "export {}");
    setup();
    expect(builds()).toBe(2);
  });

  it("names the tests that will be skipped when their tools are absent", () => {
    const { status, stderr } = setup(["--test"], { CHROMIUM_PATH: join(root, "no-chromium") });
    expect(status).toBe(0);
    expect(stderr).toContain("the browser tests (test/browser)");
    expect(setup([]).stderr).not.toContain("SKIPPED");
  });

  describe("with stacks to deploy", () => {
    const sstCalls = () =>
      existsSync(join(root, "sst-calls")) ? readFileSync(join(root, "sst-calls"), "utf8").trim().split("\n") : [];

    beforeEach(() => {
      mkdirSync(join(root, "node_modules/sst/bin"), { recursive: true });
      writeFileSync(join(root, "node_modules/sst/package.json"), '{"version":"4.17.1"}');
      writeFileSync(join(root, "node_modules/sst/bin/sst.mjs"), FAKE_SST);
      writeFileSync(join(root, "sst.config.ts"), "");
    });

    it("lays out SST's platform once for the tests, with npm only, and not for the program", () => {
      expect(setup().stderr).not.toContain("SST");
      expect(setup(["--infra"]).stderr).toContain("installing SST's platform into .sst");
      expect(sstCalls()).toEqual(["install --stage dev 111"]);
      expect(setup(["--infra"])).toMatchObject({ status: 0, stdout: "", stderr: "" });
      expect(setup(["--test"], { CHROMIUM_PATH: process.execPath }).status).toBe(0);
      expect(sstCalls()).toHaveLength(1);
    });

    it("lays it out again for another version of SST", () => {
      setup(["--infra"]);
      writeFileSync(join(root, ".sst/platform/version"), "4.16.0");
      setup(["--infra"]);
      expect(sstCalls()).toHaveLength(2);
    });

    it("says what to do when SST fails half-way, and tries again the next time", () => {
      const { status, stderr } = setup(["--infra"], { SST_FAILS: "1" });
      expect(status).toBe(1);
      expect(stderr).toContain("It needs the npm registry once");
      expect(setup(["--infra"]).status).toBe(0);
      expect(sstCalls()).toHaveLength(2);
    });
  });
});
