import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addToIncidents, diffIncidents, type Incident } from "./incidents.ts";

const incidentsAt = (rows: readonly number[], closeAfterRows: number): Incident[] => {
  const incidents: Incident[] = [];
  const anomalies = rows.map((row) => ({ row, timestampMs: row * 1000, score: row / 10 }));
  addToIncidents(incidents, anomalies, closeAfterRows);
  return incidents;
};
const rowsOf = (incidents: readonly Incident[]) => incidents.map(({ firstRow, lastRow }) => [firstRow, lastRow]);

const anomalous = fc.uniqueArray(fc.nat(200), { maxLength: 40 }).map((rows) => rows.sort((a, b) => a - b));
const closing = fc.integer({ min: 1, max: 9 });

describe("incidents of anomalous rows", () => {
  it("end after as many rows without an anomaly", () => {
    expect(rowsOf(incidentsAt([3, 4, 6, 9], 2))).toEqual([
      [3, 6],
      [9, 9],
    ]);
    expect(incidentsAt([3, 4], 2)).toEqual([
      { fromMs: 3000, toMs: 4000, firstRow: 3, lastRow: 4, anomalies: 2, score: 0.4 },
    ]);
  });

  it("are the same where they were open together", () => {
    const diff = diffIncidents(incidentsAt([10, 50, 80], 5), incidentsAt([14, 20, 85], 5), 5);
    expect(rowsOf(diff.common)).toEqual([[10, 10]]);
    expect(rowsOf(diff.vanished)).toEqual([
      [50, 50],
      [80, 80],
    ]);
    expect(rowsOf(diff.added)).toEqual([
      [20, 20],
      [85, 85],
    ]);
  });

  it("part every incident of either side once, and by comparing all with all", () => {
    fc.assert(
      fc.property(anomalous, anomalous, closing, (live, other, close) => {
        const [a, b] = [incidentsAt(live, close), incidentsAt(other, close)];
        const meets = (x: Incident, y: Incident) => x.firstRow < y.lastRow + close && y.firstRow < x.lastRow + close;
        const diff = diffIncidents(a, b, close);
        expect(diff.common).toEqual(a.filter((one) => b.some((two) => meets(one, two))));
        expect(diff.vanished).toEqual(a.filter((one) => !b.some((two) => meets(one, two))));
        expect(diff.added).toEqual(b.filter((one) => !a.some((two) => meets(one, two))));
      }),
    );
  });

  it("are all common with themselves", () => {
    fc.assert(
      fc.property(anomalous, closing, (rows, close) => {
        const all = incidentsAt(rows, close);
        expect(diffIncidents(all, all, close)).toEqual({ added: [], vanished: [], common: all });
      }),
    );
  });
});
