import type { Detector } from "@tidewatch/core/detector";
import { RowState } from "@tidewatch/core/feature/rows";
import { scoreBatch } from "@tidewatch/core/score/run";
import { readPoints } from "@tidewatch/core/store/read-series";
import { describe, expect, it } from "vitest";
import { datasetWorld, queryOf, records } from "../../../../test/support/dataset-world.ts";
import { detector, scorePorts } from "../../../../test/support/scoring.ts";

describe("a frozen dataset", () => {
  it.each([
    { intervalSeconds: 10, missing: "skip" },
    { intervalSeconds: 60, missing: "last" },
    { intervalSeconds: 60, missing: "zero" },
    { intervalSeconds: 30, missing: "linear" },
    { missing: "skip" },
  ])("has the rows that were scored: %o", async (how) => {
    const { table, archive, datasets } = datasetWorld();
    const of = detector(how as Partial<Detector>);
    const all = records(2000);
    await archive(all);
    await scoreBatch(scorePorts(table, [of], []), all);
    const { hash } = await datasets.freeze(queryOf(of));
    const { series } = await datasets.read(hash);
    expect(series.map(({ entity }) => entity)).toEqual(["a", "b"]);
    for (const one of series) {
      const points = (await readPoints(table, of.id, one.entity)).filter(({ state }) => state !== RowState.skipped);
      const rows = Array.from(one.timestamps, (ms, row) => ({ ms, row: one.rows[row] })).filter(({ row }) => row);
      const live = points.map(({ timestampMs, values }) => ({ ms: timestampMs, row: Float64Array.from(values) }));
      // The interval that was open when the stream ended has no row yet.
      expect(rows.length - live.length).toBeGreaterThanOrEqual(0);
      expect(rows.length - live.length).toBeLessThanOrEqual("intervalSeconds" in how ? 8 : 0);
      const inTime = (all: typeof rows) => all.toSorted((a, b) => a.ms - b.ms);
      expect(inTime(rows).slice(0, live.length)).toEqual(inTime(live));
    }
  });
});
