import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { MEMORY_MEGABYTES } from "../memory-sizes.ts";

const PACKAGES = join(import.meta.dirname, "../../..");
const sourcesUnder = (folder: string): { path: string; text: string }[] =>
  readdirSync(join(PACKAGES, folder), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith(".ts") && !file.name.endsWith(".test.ts"))
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path: relative(PACKAGES, path), text: readFileSync(path, "utf8") }));

/** A handler decodes, calls, encodes. What is longer belongs into a stage of the core. */
const MAX_LINES = 60;

test("entry files and handlers are at most 60 lines, and an entry exports its handler alone", () => {
  const entries = Object.keys(MEMORY_MEGABYTES).map((entry) => `functions/src/lambda/${entry}.ts`);
  const sources = sourcesUnder("functions/src");
  expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining(entries));
  const handlers = sources.filter(({ path }) => path.endsWith("-handler.ts") || entries.includes(path));
  for (const { path, text } of handlers) {
    expect(text.split("\n").length, path).toBeLessThanOrEqual(MAX_LINES);
    if (entries.includes(path)) expect(text.match(/^export .*/gm), path).toEqual([expect.stringMatching(/handler = /)]);
  }
});

test("no stage and no handler asks where it runs: only adapters and the functions' wiring see an environment", () => {
  const asking = [...sourcesUnder("core/src"), ...sourcesUnder("functions/src")]
    .filter(({ text }) => /\bprocess\s*\.\s*env\b|AWS_LAMBDA|\bis(Local|Lambda|Aws)\b/i.test(text))
    .map(({ path }) => path);
  expect(asking.sort()).toEqual(["functions/src/aws/clients.ts", "functions/src/lambda/environment.ts"]);
});
