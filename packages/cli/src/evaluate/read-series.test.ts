import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import type { SeriesLabels } from "./labels.ts";
import { type ReadOptions, readSeries } from "./read-series.ts";

const folder = temporaryFolder();
afterAll(() => folder.remove());
const OPTIONS: ReadOptions = { labelColumn: "label", trainShare: 0.5 };
const NONE: Omit<SeriesLabels, "spans"> = { file: "labels.json", intervalSeconds: undefined, rows: undefined };
type Given = { spans?: SeriesLabels["spans"]; rows?: number; intervalSeconds?: number; options?: Partial<ReadOptions> };

const read = (judged: string, train?: string, { options, ...labels }: Given = {}) => {
  const paths = { judged: join(folder.path, "web.csv"), train: join(folder.path, "web.train.csv") };
  writeFileSync(paths.judged, judged);
  if (train !== undefined) writeFileSync(paths.train, train);
  return readSeries(
    { name: "web", judged: paths.judged, train: train === undefined ? undefined : paths.train },
    labels.spans ? ({ ...NONE, ...labels } as SeriesLabels) : undefined,
    { ...OPTIONS, ...options },
  );
};

const minute = (row: number) => `2026-01-01 00:${String(row).padStart(2, "0")}`;
const csv = (labels: string, from = 0) =>
  `timestamp,cpu,label\n${[...labels].map((label, row) => `${minute(from + row)},${row},${label}`).join("\n")}\n`;
const plain = (rows: number, from = 0) =>
  `timestamp,cpu\n${Array.from({ length: rows }, (_, row) => `${minute(from + row)},${row}`).join("\n")}\n`;

describe("a series of one file", () => {
  it("is cut in time: its first rows train, with their labels; an event across the cut counts for what is left", async () => {
    const series = await read(csv("0100110001"));
    expect(series).toMatchObject({
      metrics: ["cpu"],
      trainLabels: [0, 1, 0, 0, 1],
      events: [
        [0, 0],
        [4, 4],
      ],
    });
    expect(series!.train.map(({ values }) => values[0])).toEqual([0, 1, 2, 3, 4]);
    expect(series!.judged).toHaveLength(5);
  });

  it("takes labels by row number or by time from a label file", async () => {
    const byRow = await read(plain(10), undefined, { spans: [[4, 6]], rows: 10, options: { trainShare: 0.3 } });
    expect(byRow).toMatchObject({ trainLabels: [0, 0, 0], events: [[1, 3]] });
    const byTime = await read(plain(10), undefined, { spans: [["2026-01-01 00:03:30", minute(9)]] });
    expect(byTime).toMatchObject({ trainLabels: [0, 0, 0, 0, 1], events: [[0, 4]] });
  });

  it("has no labels when nothing says so, and another label column when told", async () => {
    expect(await read(plain(4))).toBeUndefined();
    const named = csv("0011").replace("label", "is_fault");
    expect(await read(named, undefined, { options: { labelColumn: "is_fault" } })).toMatchObject({ events: [[0, 1]] });
  });

  it("may step back a little, as late rows do", async () => {
    const text = `timestamp,cpu,label\n${minute(5)},1,0\n${minute(2)},1,0\n${minute(6)},1,1\n`;
    expect(await read(text)).toMatchObject({ events: [[1, 1]] });
  });
});

describe("a series with a training file", () => {
  it("trains on all of it; row numbers are those of the other file, times reach into both", async () => {
    const labelled = await read(csv("011", 10), csv("10"));
    expect(labelled).toMatchObject({ trainLabels: [1, 0], events: [[1, 2]] });
    const byRow = await read(plain(3, 10), plain(2), { spans: [[0, 0]] });
    expect(byRow).toMatchObject({ trainLabels: undefined, events: [[0, 0]] });
    const byTime = await read(plain(3, 10), plain(2), { spans: [[minute(1), minute(10)]] });
    expect(byTime).toMatchObject({ trainLabels: [0, 1], events: [[0, 0]] });
  });

  it("without times goes on where the training file ends", async () => {
    const series = await read("cpu\n1\n2\n", "cpu\n3\n4\n", { spans: [[1, 1]], intervalSeconds: 60 });
    const times = [...series!.train, ...series!.judged].map(({ timestampMs }) => timestampMs);
    expect(times.map((time) => (time - times[0]!) / 60_000)).toEqual([0, 1, 2, 3]);
  });
});

describe("what is refused, by file and rule", () => {
  it.each<[string, Parameters<typeof read>, RegExp]>([
    ["labels", [csv("02")], /web\.csv, row 1: the column "label" must be 0 \(normal\) or 1 \(anomalous\)/],
    ["no rows", ["timestamp,cpu,label\n"], /web\.csv has a header and no rows/],
    ["no metric", ["timestamp,label\n2026-01-01,0\n"], /has no metric column besides time and label/],
    ["one row", [csv("0")], /has too few rows to train on: 1/],
    ["unsorted", ["timestamp,cpu,label\n2026-01-03,1,0\n2026-01-01,1,0\n"], /row 1 .*goes back by more than a day/],
    ["other columns", [csv("01", 5), plain(2).replace("cpu", "mem")], /must have the same columns/],
    ["later training", [csv("01"), csv("00", 5)], /the training part must be the earlier one/],
    ["row count", [plain(3), undefined, { spans: [[0, 0]], rows: 4 }], /says that .* has 4 rows; it has 3/],
    ["row beyond", [plain(3), undefined, { spans: [[2, 3]] }], /event 2 to 3 of .*: the file has 3 rows only/],
    ["backwards", [plain(3), undefined, { spans: [[2, 1]] }], /it ends before it begins/],
    ["no time", [plain(3), undefined, { spans: [["noon", minute(1)]] }], /"noon" is no time/],
    ["backward times", [plain(3), undefined, { spans: [[minute(2), minute(1)]] }], /it ends before it begins/],
    ["another year", [plain(3), undefined, { spans: [["2025-01-01", "2025-01-02"]] }], /has no rows of that time/],
  ])("%s", async (_, args, message) => {
    await expect(read(...args)).rejects.toThrow(message);
  });
});
