import { describe, expect, test } from "vitest";
import { labelColumn, labelsByTime } from "./label-column.ts";
import type { SeriesFile, SeriesRow } from "./series-rows.ts";

const file = (cell: Partial<SeriesFile["cells"][number]> = {}): SeriesFile => ({
  ...{ name: "a.csv", metrics: ["cpu", "label"], hasTimes: true, rows: (async function* () {})() },
  cells: [
    { metric: "cpu", numbers: 0, odd: 0 },
    { metric: "label", numbers: 0, odd: 0, ...cell },
  ],
  order: { rows: 0, forward: 0, back: 0 },
});
const row = (label: number | null): SeriesRow => ({ timestampText: "", timestampMs: 0, values: [5, label] });

describe("a label column", () => {
  test("says 0, 1 or, where that is allowed, nothing", () => {
    expect([0, 1, null].map((label) => labelColumn(file(), "label", { mayBeEmpty: true })!(row(label)))).toEqual([
      0,
      1,
      null,
    ]);
    expect(labelColumn(file(), "truth", { mayBeEmpty: true })).toBeUndefined();
    const strict = labelColumn(file(), "label", { mayBeEmpty: false })!;
    expect(strict(row(1))).toBe(1);
    expect(() => strict(row(null))).toThrow('a.csv, row 1: the column "label" must be 0 (normal) or 1 (anomalous).');
  });

  test("refuses other numbers by row, and texts by line", () => {
    const of = (given: SeriesFile) => labelColumn(given, "label", { mayBeEmpty: true })!;
    const rule = 'the column "label" must be 0 (normal), 1 (anomalous) or empty (unknown).';
    expect(() => of(file())(row(2))).toThrow(`a.csv, row 0: ${rule}`);
    const odd = file({ odd: 1, firstOdd: { line: 7, text: "bad" } });
    expect(() => of(odd)(row(null))).toThrow(`a.csv, line 7: ${rule}`);
  });
});

describe("labels by time", () => {
  test("each row has its own; what was forgotten, or never said, is unknown", () => {
    const labels = labelsByTime(undefined);
    labels.add(1001, 1);
    labels.add(1002, 0);
    labels.add(1003, null);
    expect([1000, 1001, 1002, 1003].map(labels.at)).toEqual([null, 1, 0, null]);
    labels.forgetBefore(1002);
    expect([1001, 1002].map(labels.at)).toEqual([null, 0]);
  });

  test("an interval is anomalous when one of its rows is, and unknown when all are", () => {
    const labels = labelsByTime(60);
    labels.add(60_000, 0);
    labels.add(119_999, 1);
    labels.add(60_001, 0);
    labels.add(120_000, 0);
    labels.add(120_001, null);
    labels.add(180_000, null);
    expect([0, 60_000, 120_000, 180_000].map(labels.at)).toEqual([null, 1, 0, null]);
  });
});
