import { describe, expect, it } from "vitest";
import { deployedPackages, RUNS_MODELS, USES_DUCKDB, unzippedBytes } from "./packages.ts";

/** As Lambda counts: its "250 MB" are 262,144,000 bytes. */
const MB = 1024 * 1024;
/** Without native code there is only ours. */
const CODE_LIMIT_BYTES = 5 * MB;
/** Of one platform. Together they are half of the 250 MB that Lambda takes; what is larger is slower to load. */
const ONNX_RUNTIME_BYTES = 45 * MB;
const DUCKDB_BYTES = 72 * MB;
const limitOf = (name: string): number =>
  CODE_LIMIT_BYTES +
  (RUNS_MODELS.includes(name) ? ONNX_RUNTIME_BYTES : 0) +
  (USES_DUCKDB.includes(name) ? DUCKDB_BYTES : 0);

const packages = deployedPackages();
const native = /\.(node|so|so\.\d+|dylib|dll)$/;

describe("the package", () => {
  it.each(packages)("of $name fits its budget", (each) => {
    const [zipped, unzipped] = [each.zippedBytes, unzippedBytes(each)].map((bytes) => `${(bytes / MB).toFixed(1)} MB`);
    process.stdout.write(`  ${each.name.padEnd(12)} ${zipped?.padStart(8)} zipped ${unzipped?.padStart(8)} unzipped\n`);
    expect(unzippedBytes(each)).toBeLessThanOrEqual(limitOf(each.name));
  });

  it.each(packages)("of $name has native code for its own platform only, and only what it calls", (each) => {
    const libraries = each.entries.map(({ name }) => name).filter((name) => native.test(name));
    const folders = [
      ...(RUNS_MODELS.includes(each.name) ? ["node_modules/onnxruntime-node/bin/napi-v6/linux/x64/"] : []),
      ...(USES_DUCKDB.includes(each.name) ? ["node_modules/@duckdb/node-bindings-linux-x64/"] : []),
    ];
    for (const folder of folders) expect(libraries.some((name) => name.startsWith(folder))).toBe(true);
    expect(libraries.filter((name) => !folders.some((folder) => name.startsWith(folder)))).toEqual([]);
  });

  it.each(packages)("of $name has its bundle, and beside it only what cannot be bundled", ({ entries }) => {
    const expected =
      /^(bundle\.mjs(\.map)?|resource\.enc|node_modules\/(onnxruntime-|@duckdb\/node-bindings|@tidewatch\/functions\/assets\/).*)$/;
    expect(entries.map(({ name }) => name).filter((name) => !expected.test(name))).toEqual([]);
  });
});

it("every function is packed", () => {
  expect(packages.map(({ name }) => name)).toEqual([
    ...["Api", "Archive", "Compact", "Drift", "Job", "Log", "LogSweep"],
    ...["Report", "Retrain", "RetrainStart", "Score", "Shadow", "Train", "Trees"],
  ]);
});
