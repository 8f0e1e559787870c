import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

it("leaves an earlier result as it was when scoring fails, and nothing half-made beside it", async () => {
  const input = join(folder.path, "bad.csv");
  const output = join(folder.path, "scored.csv");
  const rows = Array.from({ length: 100 }, (_, row) => `${1_760_000_000 + row * 60},${row % 7}`);
  writeFileSync(input, `timestamp,cpu\n${rows.join("\n")}\nnot a time,1\n`);
  writeFileSync(output, "the result of yesterday\n");

  const { code, stderr } = await tidewatch(["score", "--input", input, "--output", output]);

  expect(code).toBe(1);
  expect(stderr).toContain("102");
  expect(readFileSync(output, "utf8")).toBe("the result of yesterday\n");
  expect(readdirSync(folder.path).sort()).toEqual(["bad.csv", "scored.csv"]);
});

it("says which folder is missing, of a file to write as of one to read", async () => {
  const [input, folderOfNone] = [join(folder.path, "bad.csv"), join(folder.path, "none")];
  writeFileSync(input, "timestamp,cpu\n1760000000,1\n");
  const commands = [
    ["logs", "parse", "--input", input, "--output", join(folderOfNone, "x.csv")],
    ["logs", "parse", "--input", join(folderOfNone, "x.log"), "--output", "-"],
  ];
  for (const command of commands) {
    const { code, stderr } = await tidewatch(command);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`The folder ${folderOfNone} does not exist; make it`)]);
    expect(stderr).not.toContain(".part");
  }
});
