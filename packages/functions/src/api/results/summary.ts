import { noCounts, type SeriesCounts } from "@tidewatch/core/store/head";
import type { Table } from "@tidewatch/core/store/ports";
import { allSeries } from "@tidewatch/core/store/read-series";
import { trainingRowsOf } from "@tidewatch/core/train/due";

/** All series of a detector, added up. */
export type DetectorSummary = {
  series: number;
  counts: SeriesCounts;
  /** Rows that a first model can be trained on, by the hash of what they are. */
  trainingRows: Map<string, number>;
};

/** Heads between two breaths: some milliseconds of work. */
const HEADS_PER_TURN = 200;
const COUNTERS = Object.keys(noCounts()) as (keyof SeriesCounts)[];

/** Reads every head of the detector, in turns, so that other requests are answered meanwhile. */
export const summarise = async (table: Table, detectorId: string): Promise<DetectorSummary> => {
  const summary: DetectorSummary = { series: 0, counts: noCounts(), trainingRows: new Map() };
  for await (const { head } of allSeries(table, detectorId)) {
    summary.series++;
    const { rowsHash, counts } = head;
    summary.trainingRows.set(rowsHash, (summary.trainingRows.get(rowsHash) ?? 0) + trainingRowsOf(head));
    for (const counter of COUNTERS) summary.counts[counter] += counts[counter];
    if (summary.series % HEADS_PER_TURN === 0) await new Promise(setImmediate);
  }
  return summary;
};
