import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSeries, type SeriesOptions, type SeriesRow } from "./series-rows.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-series-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = async (text: string, options: Partial<SeriesOptions> = {}) => {
  const path = join(folder, "series.csv");
  await writeFile(path, text);
  const skipped: number[] = [];
  const file = await openSeries(path, { skipBad: false, ...options }, ({ line }) => skipped.push(line));
  const rows: SeriesRow[] = [];
  for await (const row of file.rows) rows.push(row);
  return { metrics: file.metrics, rows, skipped };
};

describe("openSeries", () => {
  it("takes every cell that is no number for a missing value", async () => {
    const { metrics, rows } = await read("cpu,timestamp,memory\n1,2026-11-20 10:00:00,\nfast,1795168800,-2e3\n");
    expect(metrics).toEqual(["cpu", "memory"]);
    expect(rows).toEqual([
      { timestampText: "2026-11-20 10:00:00", timestampMs: Date.UTC(2026, 10, 20, 10), values: [1, null] },
      { timestampText: "1795168800", timestampMs: Date.UTC(2026, 10, 20, 10), values: [null, -2000] },
    ]);
  });

  it("makes times for a file without them", async () => {
    const { rows } = await read("value\n1\n2\n3\n", { interval: 0.5 });
    expect(rows.map(({ timestampText }) => timestampText)).toEqual([
      "2000-01-01T00:00:00.000Z",
      "2000-01-01T00:00:00.500Z",
      "2000-01-01T00:00:01.000Z",
    ]);
  });

  it("says what to do about a file without times and without an interval", async () => {
    await expect(read("a,b\n1,2\n")).rejects.toThrow(/no column named timestamp .*a, b.*--interval/);
  });

  it("names the line of a bad row", async () => {
    const text = "timestamp,a\n2026-11-20,1\n\nsoon,2\n";
    await expect(read(text)).rejects.toThrow(/series\.csv, line 4: "soon" is no time.*--skip-bad/);
  });

  it("leaves bad rows out when told to", async () => {
    const { rows, skipped } = await read('timestamp,a\n2026-11-20,1\nsoon,2\n2026-11-21\n2026-11-22,3\n1,"2\n', {
      skipBad: true,
    });
    expect(rows.map(({ values }) => values)).toEqual([[1], [3]]);
    expect(skipped.sort()).toEqual([3, 4, 6]);
  });

  it("fails on a quote that is never closed unless bad rows are skipped", async () => {
    await expect(read('timestamp,a\n2026-11-20,"1\n2026-11-21,2\n')).rejects.toThrow(/line \d: .*quote/i);
  });

  it("fails on a column that does not exist", async () => {
    await expect(read("a,b\n1,2\n", { timestampColumn: "when" })).rejects.toThrow('no column "when"');
  });
});
