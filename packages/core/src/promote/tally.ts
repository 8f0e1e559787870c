import { z } from "zod";

/** A run of anomalies of one series, as one model sees it; ends when its last quiet row has passed. */
export const ShadowIncident = z.strictObject({
  fromMs: z.int(),
  toMs: z.int(),
  /** Its highest score, and by how much that passed the threshold. */
  peak: z.number(),
  excess: z.number(),
  /** Rows that are anomalies. */
  rows: z.int(),
});
export type ShadowIncident = z.output<typeof ShadowIncident>;

/** Scores are counted by halves: 0 to 0.5, … the last for 16, the highest there is. */
const SCORE_BINS = 33;
const BINS_PER_UNIT = 2;
/** Incidents kept of one series and model, the newest ones; what came before is counted. */
const INCIDENTS_MAX = 200;

/** What one model made of rows of one series: of any number of rows the same size. */
export const ModelTally = z.strictObject({
  rows: z.int(),
  anomalies: z.int(),
  /** Σ of the tail probabilities of the rows' thresholds: anomalies among so many rows like the reference. */
  expected: z.number(),
  incidents: z.array(ShadowIncident).max(INCIDENTS_MAX),
  /** Incidents that are not kept any more. */
  dropped: z.int(),
  /** Rows without an anomaly since the newest incident's last one; `null` when it is over, or there was none. */
  quietRows: z.int().nullable(),
  histogram: z.array(z.int()).length(SCORE_BINS),
});
export type ModelTally = z.output<typeof ModelTally>;

/** A scored row, in the eyes of one model. */
export type TalliedRow = { timestampMs: number; score: number; threshold: number; isAnomaly: boolean };

export const emptyTally = (): ModelTally => ({
  rows: 0,
  anomalies: 0,
  expected: 0,
  incidents: [],
  dropped: 0,
  quietRows: null,
  histogram: new Array<number>(SCORE_BINS).fill(0),
});

/** Adds the next scored row of the series. Changes the tally. */
export const addRow = (tally: ModelTally, row: TalliedRow, closeAfterRows: number): void => {
  tally.rows++;
  tally.expected += 10 ** -row.threshold;
  tally.histogram[Math.min(SCORE_BINS - 1, Math.floor(row.score * BINS_PER_UNIT))]!++;
  if (row.isAnomaly) addAnomaly(tally, row);
  else addQuiet(tally, row, closeAfterRows);
};

const addAnomaly = (tally: ModelTally, { timestampMs, score, threshold }: TalliedRow): void => {
  tally.anomalies++;
  const open = tally.quietRows === null ? undefined : tally.incidents.at(-1);
  tally.quietRows = 0;
  const excess = Math.max(0, score - threshold);
  if (!open) {
    tally.incidents.push({ fromMs: timestampMs, toMs: timestampMs, peak: score, excess, rows: 1 });
    if (tally.incidents.length <= INCIDENTS_MAX) return;
    tally.incidents.shift();
    tally.dropped++;
    return;
  }
  open.rows++;
  open.toMs = Math.max(open.toMs, timestampMs);
  open.peak = Math.max(open.peak, score);
  open.excess = Math.max(open.excess, excess);
};

const addQuiet = (tally: ModelTally, { timestampMs }: TalliedRow, closeAfterRows: number): void => {
  if (tally.quietRows === null) return;
  tally.quietRows++;
  const open = tally.incidents.at(-1)!;
  open.toMs = Math.max(open.toMs, timestampMs);
  if (tally.quietRows >= closeAfterRows) tally.quietRows = null;
};

/** Counts of two tallies as if they were one; incidents stay with their series. */
export const addCounts = (
  to: Pick<ModelTally, "rows" | "anomalies" | "expected" | "histogram">,
  { rows, anomalies, expected, histogram }: ModelTally,
): void => {
  to.rows += rows;
  to.anomalies += anomalies;
  to.expected += expected;
  for (const [bin, count] of histogram.entries()) to.histogram[bin]! += count;
};

/** Rows that score at least this much; a multiple of a half. */
export const rowsFrom = ({ histogram }: Pick<ModelTally, "histogram">, score: number): number =>
  histogram.slice(score * BINS_PER_UNIT).reduce((sum, count) => sum + count, 0);
