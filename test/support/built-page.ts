import { execFileSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Builds the web page from its sources into `directory`, so that a test never meets a stale build. */
export const buildPage = (directory: string): void => {
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  const args = [
    vite,
    "build",
    join(ROOT, "packages/web"),
    "--outDir",
    directory,
    "--emptyOutDir",
    "--logLevel",
    "error",
  ];
  execFileSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
};
