import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { findSeries } from "./folder.ts";
import { labelSource } from "./labels.ts";

const root = temporaryFolder();
afterAll(() => root.remove());
let made = 0;
let folder: string;
beforeEach(() => {
  folder = join(root.path, `${made++}`);
});

const make = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
};
const makeEmpty = (...names: string[]) => make(Object.fromEntries(names.map((name) => [name, ""])));
const found = async (suffix?: string) =>
  (await findSeries(folder, suffix)).map(({ name, judged, train }) => [
    name,
    judged.slice(folder.length + 1),
    train?.slice(folder.length + 1),
  ]);

describe("the series of a folder", () => {
  it("are its CSV files in any depth, with the training parts that stand beside them", async () => {
    makeEmpty(
      "b.csv",
      "deep/a.csv.gz",
      "c.train.csv",
      "c.test.csv",
      "d.train.csv.gz",
      "d.csv",
      "README.md",
      ".git/x.csv",
    );
    expect(await found()).toEqual([
      ["b", "b.csv", undefined],
      ["c", "c.test.csv", "c.train.csv"],
      ["d", "d.csv", "d.train.csv.gz"],
      ["deep/a", "deep/a.csv.gz", undefined],
    ]);
  });

  it("may have training files of another ending, all of them then", async () => {
    makeEmpty("a_train.csv", "a_test.csv", "b_train.csv", "b.csv");
    expect(await found("_train")).toEqual([
      ["a", "a_test.csv", "a_train.csv"],
      ["b", "b.csv", "b_train.csv"],
    ]);
    makeEmpty("c.csv");
    await expect(found("_train")).rejects.toThrow(/c\.csv has no training part named c_train\.csv/);
  });

  it.each([
    [["a.csv", "a.csv.gz"], /a\.csv and .*a\.csv\.gz are one series twice/],
    [["a.csv", "a.train.csv", "a.test.csv"], /two test parts of one series/],
    [["a.test.csv"], /a\.test\.csv has no training part: a\.train\.csv is missing/],
    [["a.train.csv", "b.csv"], /a\.train\.csv is a training part without rows to judge/],
    [["notes.txt"], /holds no file named \.csv or \.csv\.gz/],
  ])("are refused by name when they do not fit together: %j", async (names, message) => {
    makeEmpty(...names);
    await expect(findSeries(folder, undefined)).rejects.toThrow(message);
  });
});

const labelsOf = async (names: string[], given?: string) => {
  const source = labelSource(folder, given);
  const series = await findSeries(folder, undefined);
  const found = [];
  for (const name of names) found.push(await source.of(series.find((one) => one.name === name)!));
  return { spans: found.map((labels) => labels?.spans), found, unused: source.unused() };
};

describe("label files", () => {
  it("count for the series below them, the nearest one first; names are compared from their end", async () => {
    make({
      "windows.json": '{"cat/a.csv": [["2026-01-01", "2026-01-02"]], "gone.csv": []}',
      "data/cat/a.csv": "",
      "set/labels.json": '{"b": {"rows": 5, "step_s": 60, "segments": [[1, 2]], "interpretation": []}}',
      "set/b.csv": "",
      "set/c.csv": "",
    });
    const { spans, found, unused } = await labelsOf(["data/cat/a", "set/b", "set/c"]);
    expect(spans).toEqual([[["2026-01-01", "2026-01-02"]], [[1, 2]], undefined]);
    expect(found[1]).toMatchObject({ intervalSeconds: 60, rows: 5 });
    expect(unused).toEqual([`gone.csv (${join(folder, "windows.json")})`]);
  });

  it("can be one file elsewhere", async () => {
    make({ "a.csv": "", "labels.json": "not read", "other/mine.json": '{"a": [[0, 0]]}' });
    expect((await labelsOf(["a"], join(folder, "other/mine.json"))).spans).toEqual([[[0, 0]]]);
  });

  it.each([
    [{ "labels.json": "{" }, "is not JSON"],
    [{ "labels.json": '{"a": [[1, "2026-01-01"]]}' }, "labels.json, a: a label file is \\{series: \\[\\[from, to\\]"],
    [{ "labels.json": '{"a": [[1.5, 2]]}' }, "row numbers \\(from 0\\) or times"],
    [{ "labels.json": "{}", "windows.json": "{}" }, "which holds the labels\\? Say so with --labels"],
  ])("are refused with their rule: %j", async (files, message) => {
    make({ "a.csv": "", ...files });
    await expect(labelsOf(["a"])).rejects.toThrow(new RegExp(message));
  });

  it("are refused when one name could be two series", async () => {
    make({ "x/a.csv": "", "y/a.csv": "", "labels.json": '{"a": [[0, 0]]}' });
    await expect(labelsOf(["x/a", "y/a"])).rejects.toThrow('"a" could be x/a or y/a; write the whole path');
  });
});
