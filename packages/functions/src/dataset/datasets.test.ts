import { gzipSync } from "node:zlib";
import { DatasetQuery } from "@tidewatch/core/dataset/dataset";
import type { Detector } from "@tidewatch/core/detector";
import { RowState } from "@tidewatch/core/feature/rows";
import { archiveBatch } from "@tidewatch/core/ingest/archive";
import { scoreBatch } from "@tidewatch/core/score/run";
import { putLabels } from "@tidewatch/core/store/labels";
import type { StreamRecord } from "@tidewatch/core/store/ports";
import { readPoints } from "@tidewatch/core/store/read-series";
import { describe, expect, it } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import { inflate } from "../inflate.ts";
import { archiveDatasets } from "./datasets.ts";

const world = () => {
  const table = memoryTable();
  const blobs = memoryBlobs();
  const gzip = async (bytes: Uint8Array) => gzipSync(bytes);
  return {
    table,
    blobs,
    archive: (records: StreamRecord[]) => archiveBatch({ table, blobs, gzip, inflate }, records),
    datasets: archiveDatasets({ table, blobs, clock: () => T0 }, { memoryMegabytes: 64, threads: 1 }),
  };
};

const HOUR_MS = 3_600_000;
const queryOf = (of: Detector, more: Partial<DatasetQuery> = {}): DatasetQuery =>
  DatasetQuery.parse({ detector: of, fromMs: T0, toMs: T0 + 24 * HOUR_MS, exclude: [], maxRows: 100_000, ...more });

/** Events of two entities, one a second but for gaps, some late, some without a value; each arrives a second later. */
const records = (count: number): StreamRecord[] =>
  Array.from({ length: count }, (_, at) => {
    const entity = at % 3 === 0 ? "b" : "a";
    const seconds = at + (at > count / 2 ? 900 : 0) - (at % 7 === 0 ? 30 : 0) - (at % 31 === 0 ? 500 : 0);
    const cpu = at % 11 === 0 ? null : Math.sin(at / 10);
    return record(at, metric(entity, 600 + seconds, { cpu, memory: at % 13 }), at % 2, T0 + (601 + at) * 1000);
  });

describe("a frozen dataset", () => {
  it.each([
    { intervalSeconds: 10, missing: "skip" },
    { intervalSeconds: 60, missing: "last" },
    { intervalSeconds: 60, missing: "zero" },
    { intervalSeconds: 30, missing: "linear" },
    { missing: "skip" },
  ])("has the rows that were scored: %o", async (how) => {
    const { table, archive, datasets } = world();
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
