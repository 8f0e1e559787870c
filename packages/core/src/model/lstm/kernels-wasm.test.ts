import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const isInstalled = existsSync(`${root}node_modules/assemblyscript/package.json`);

/** The compiler takes seconds to load, and more on a busy machine. */
const TIMEOUT_MS = 180_000;

test.skipIf(!isInstalled)(
  "the committed kernels are what their sources compile to (needs assemblyscript)",
  () => {
    const built = execFileSync(process.execPath, [`${root}scripts/build-wasm.mjs`, "--stdout"], { encoding: "utf8" });
    expect(built).toBe(readFileSync(`${root}packages/core/src/model/lstm/kernels-wasm.ts`, "utf8"));
  },
  TIMEOUT_MS,
);
