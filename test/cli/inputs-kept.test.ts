import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());

const TEXTS: Record<string, string> = {
  "week.log": "12:00 INFO a: stored block 1\n",
  "train.log": "12:00 INFO a: stored block 2\n",
  "labels.csv": "key,label\n1,0\n",
  "rows.csv": "timestamp,cpu\n2026-01-01,1\n",
  "dd.json": '{"id":"web","features":[{"metric":"cpu"}]}',
};
const saved = (name: string) => {
  writeFileSync(join(folder.path, name), TEXTS[name]!);
  return name;
};

const sessions = ["logs", "score", "-s", "block (\\d+)", "-i", "week.log"];
it.each([
  ["logs parse", "week.log", ["logs", "parse", "-i", "week.log", "-o", "./week.log"]],
  ["logs parse to a link", "week.log", ["logs", "parse", "-i", "week.log", "-o", "link.log"]],
  ["logs score", "week.log", [...sessions, "-o", "week.log"]],
  ["logs score --train", "train.log", [...sessions, "-t", "train.log", "-o", "train.log"]],
  ["logs score --labels", "labels.csv", [...sessions, "--labels", "labels.csv", "-o", "labels.csv"]],
  ["score --train", "rows.csv", ["score", "-i", "-", "-t", "rows.csv", "-o", "rows.csv"]],
  ["score --detector", "dd.json", ["score", "-i", "rows.csv", "-d", "dd.json", "-o", "dd.json"]],
  ["put --rejected", "rows.csv", ["put", "rows.csv", "--rejected", "rows.csv"]],
])("%s leaves its input as it was", async (_, kept, args) => {
  Object.keys(TEXTS).forEach(saved);
  try {
    symlinkSync("week.log", join(folder.path, "link.log"));
  } catch {
    // It is there since the case before.
  }
  const { code, stderr } = await tidewatch(args, { cwd: folder.path });
  expect([code, stderr]).toEqual([
    1,
    `tidewatch: ${kept} would be overwritten by the output; choose another name for that.\n`,
  ]);
  for (const [name, text] of Object.entries(TEXTS)) expect(readFileSync(join(folder.path, name), "utf8")).toBe(text);
});

it("takes an output that is named like no input", async () => {
  saved("week.log");
  expect(await tidewatch(["logs", "parse", "-i", "week.log", "-o", "parsed.csv"], { cwd: folder.path })).toMatchObject({
    code: 0,
  });
  expect(readFileSync(join(folder.path, "parsed.csv"), "utf8")).toContain("line_id,event_id,template\n1,");
});

it("evaluate does not write scores into the folder that it reads", async () => {
  mkdirSync(join(folder.path, "out/stream"), { recursive: true });
  writeFileSync(join(folder.path, "out/stream/rows.csv"), "timestamp,cpu,label\n2026-01-01,1,0\n");
  const { code, stderr } = await tidewatch(["evaluate", "out/stream", "-f", "stream", "-o", "out"], {
    cwd: folder.path,
  });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("out/stream lies in out/stream, where scores are written"),
  ]);
});
