import { describe, expect, it } from "vitest";
import { deployedPackages, unzippedBytes } from "./packages.ts";

/** As Lambda counts: its "250 MB" are 262,144,000 bytes. */
const MB = 1024 * 1024;
/** A fifth of what Lambda takes; what is larger is slower to load. ONNX Runtime for one platform is 44 MB of it. */
const UNZIPPED_LIMIT_BYTES = 50 * MB;
/** Without models there is only code. */
const CODE_LIMIT_BYTES = 5 * MB;
const RUNS_MODELS = ["Api", "Score", "Train"];

const packages = deployedPackages();
const native = /\.(node|so|so\.\d+|dylib|dll)$/;

describe("the package", () => {
  it.each(packages)("of $name fits its budget", (each) => {
    const [zipped, unzipped] = [each.zippedBytes, unzippedBytes(each)].map((bytes) => `${(bytes / MB).toFixed(1)} MB`);
    process.stdout.write(`  ${each.name.padEnd(8)} ${zipped?.padStart(8)} zipped ${unzipped?.padStart(8)} unzipped\n`);
    const limit = RUNS_MODELS.includes(each.name) ? UNZIPPED_LIMIT_BYTES : CODE_LIMIT_BYTES;
    expect(unzippedBytes(each)).toBeLessThanOrEqual(limit);
  });

  it.each(packages)("of $name has native code for its own platform only, and only where models run", (each) => {
    const libraries = each.entries.map(({ name }) => name).filter((name) => native.test(name));
    if (!RUNS_MODELS.includes(each.name)) return expect(libraries).toEqual([]);
    expect(libraries.length).toBeGreaterThan(0);
    const platform = "node_modules/onnxruntime-node/bin/napi-v6/linux/x64/";
    expect(libraries.filter((name) => !name.startsWith(platform))).toEqual([]);
  });

  it.each(packages)("of $name has its bundle, and beside it only what cannot be bundled", ({ entries }) => {
    const expected =
      /^(bundle\.mjs(\.map)?|resource\.enc|node_modules\/(onnxruntime-|@tidewatch\/functions\/assets\/).*)$/;
    expect(entries.map(({ name }) => name).filter((name) => !expected.test(name))).toEqual([]);
  });
});

it("every function is packed", () => {
  expect(packages.map(({ name }) => name)).toEqual(["Api", "Archive", "Log", "LogSweep", "Score", "Train"]);
});
