import { z } from "zod";
import type { Detector } from "../detector.ts";
import { RowState } from "../feature/rows.ts";
import { archiveFolder } from "../ingest/archive.ts";
import { failedRoot } from "../ingest/failed.ts";
import type { Blobs, Table } from "../store/ports.ts";
import { allSeries, listSeries, readPoints } from "../store/read-series.ts";

/** What stood in the heads of all series at one time. */
export const HeadCounts = z.strictObject({
  scored: z.int(),
  warmingUp: z.int(),
  anomalies: z.int(),
  /** Time of the newest row. */
  newestMs: z.int(),
});
export type HeadCounts = z.output<typeof HeadCounts>;

export const headCounts = async (table: Table, detectorId: string): Promise<HeadCounts> => {
  const sum: HeadCounts = { scored: 0, warmingUp: 0, anomalies: 0, newestMs: 0 };
  for await (const { head } of allSeries(table, detectorId)) {
    sum.scored += head.counts.scored;
    sum.warmingUp += head.counts.warmingUp;
    sum.anomalies += head.counts.anomalies;
    sum.newestMs = Math.max(sum.newestMs, head.lastRowMs);
  }
  return sum;
};

/** How it was before a promotion, in the newest rows of some series. */
export const RowsBefore = z.strictObject({
  rows: z.int(),
  anomalies: z.int(),
  /** Σ of the tail probabilities of the thresholds. */
  expected: z.number(),
  unscored: z.int(),
});
export type RowsBefore = z.output<typeof RowsBefore>;

/** Enough to tell shares of a few percent. */
const SERIES_READ = 50;
const ROWS_READ = 2016;

/** Of the rows that another version than this one scored. */
export const rowsBefore = async (table: Table, { id }: Pick<Detector, "id">, version: number): Promise<RowsBefore> => {
  const before: RowsBefore = { rows: 0, anomalies: 0, expected: 0, unscored: 0 };
  for (const { entity } of await listSeries(table, id, { limit: SERIES_READ })) {
    for (const point of await readPoints(table, id, entity, { limit: ROWS_READ })) {
      if (point.modelVersion === version) continue;
      if (point.state === RowState.warmingUp) before.unscored++;
      if (point.state !== RowState.scored) continue;
      before.rows++;
      before.expected += 10 ** -point.threshold;
      if (point.grade > 0) before.anomalies++;
    }
  }
  return before;
};

/** Objects that are looked into. */
const FAILED_OBJECTS = 100;
const HOUR_MS = 3_600_000;

/** Records that scoring has put aside because of this detector, of those that arrived in this time. */
export const failedRecords = async (
  blobs: Blobs,
  detectorId: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<number> => {
  const root = failedRoot("score");
  const after = archiveFolder(root, Math.max(0, fromMs - HOUR_MS));
  const last = archiveFolder(root, toMs);
  // "~" follows all that a name holds: the hour that has begun is looked into, too.
  const keys = await blobs.list(`${root}/`, { after: `${after}~`, limit: FAILED_OBJECTS });
  const wanted = `"reason":"detector ${detectorId},`;
  let found = 0;
  for (const key of keys.filter((one) => one <= `${last}~`)) {
    const text = new TextDecoder().decode((await blobs.get(key)) ?? new Uint8Array(0));
    found += text.split("\n").filter((line) => line.includes(wanted)).length;
  }
  return found;
};
