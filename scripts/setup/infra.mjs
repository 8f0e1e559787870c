import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const textOf = (path) => (existsSync(path) ? readFileSync(path, "utf8").trim() : undefined);

/**
 * True when `.sst/platform` is that of the SST in node_modules, with its dependencies: npm writes its own record of them
 * as the last step. True as well where there is nothing to deploy.
 */
export const hasPlatform = (root) => {
  const manifest = textOf(join(root, "node_modules/sst/package.json"));
  if (!manifest || !existsSync(join(root, "sst.config.ts"))) return true;
  const platform = join(root, ".sst/platform");
  return (
    textOf(join(platform, "version")) === JSON.parse(manifest).version &&
    existsSync(join(platform, "node_modules/.package-lock.json"))
  );
};

/**
 * Lays out SST's platform, which `sst.config.ts` is written against, and its npm dependencies. The switches keep SST from
 * downloads that a test has no use for: the Pulumi engine and bun.
 */
export const installPlatform = (root) =>
  spawnSync(process.execPath, [join(root, "node_modules/sst/bin/sst.mjs"), "install", "--stage", "dev"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, SST_SKIP_DEPENDENCY_CHECK: "1", SST_NO_BUN: "1", SST_TELEMETRY_DISABLED: "1" },
  }).status === 0;
