import type { Detector } from "../detector.ts";
import { retakeRow } from "../feature/retake.ts";
import { RowState } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import { type LoneSeries, loneSeries } from "../score/lone-series.ts";
import { gradeOf } from "../score/threshold.ts";
import { decodeHead, encodeHead } from "../store/head.ts";
import type { Point } from "../store/points.ts";
import { checkVersion } from "./check-version.ts";

/** What another model makes of a row. `score`: `null` for rows that are not scored. */
export type RescoredRow = {
  timestampMs: number;
  row: number;
  state: RowState;
  score: number | null;
  threshold: number;
  /** Above 0 for anomalies only. */
  grade: number;
  isAnomaly: boolean;
  isSuppressed: boolean;
};

/** How far a series has been scored again, in bytes: enough to go on with the next row. */
export type RescoreState = {
  /** Running number of the newest row that was taken, −1 before the first. */
  lastRow: number;
  rows: number;
  /** The head of the series (`store/head.ts`), without points. */
  head: Uint8Array;
  /** Of an online family. */
  learnt?: Uint8Array;
};

export type Rescorer = {
  /** The next rows of the series, by their running number; rows that were taken before are left out. */
  take(points: readonly Point[]): Promise<RescoredRow[]>;
  /** Throws `TOO_LARGE` as a series' own head would. */
  state(): RescoreState;
};

/**
 * Scores the rows of one series again, with any version of a model and the detector's rules as they are now: thresholds,
 * levels, incidents, alarm budget. From the first row on, the version that was live gives what it gave then, however the
 * rows are cut into parts. Rows that the detector would not make any more are left out, and the series starts afresh after
 * them, as the live one did.
 * @param scorer absent: rows warm up, unless the family learns by itself
 * @param before goes on where another one stopped, which may have had another scorer
 * @throws AppError CONFLICT for a model of other features; CORRUPT for a state that cannot be read
 */
export const rescorer = (detector: Detector, scorer: Scorer | undefined, before?: RescoreState): Rescorer => {
  let series = before ? restored(detector, before) : loneSeries(detector);
  let lastRow = before?.lastRow ?? -1;
  const { plan } = series;
  const model = plan.online ? undefined : scorer;
  if (model) checkVersion(detector, model.manifest);

  const takeRun = async (run: readonly Point[]): Promise<RescoredRow[]> => {
    const results: RescoredRow[] = [];
    const { head } = series;
    await series.take(
      model,
      (to) => {
        for (const [cause, point] of run.entries()) retakeRow(to, head.state, head.counts, point, cause);
      },
      (at, point, { threshold }) => results.push(resultOf(run[at]!.row, point, threshold)),
    );
    head.counts.events += run.length;
    return results;
  };

  return {
    async take(points) {
      const fresh = points.filter(({ row }) => row > lastRow).sort((a, b) => a.row - b.row);
      const results: RescoredRow[] = [];
      for (const { isUsable, run } of runsOf(fresh, plan.rowsHash)) {
        if (isUsable) results.push(...(await takeRun(run)));
        else series = loneSeries(detector);
      }
      lastRow = fresh.at(-1)?.row ?? lastRow;
      return results;
    },
    state: () => stateOf(series, lastRow),
  };
};

type Run = { isUsable: boolean; run: Point[] };

/** Neighbours that were all made as the detector makes rows now, or all not. */
const runsOf = (points: readonly Point[], rowsHash: string): Run[] => {
  const runs: Run[] = [];
  for (const point of points) {
    const isUsable = point.rowsHash === rowsHash;
    const last = runs.at(-1);
    if (last?.isUsable === isUsable) last.run.push(point);
    else runs.push({ isUsable, run: [point] });
  }
  return runs;
};

type Seen = Pick<RescoredRow, "timestampMs" | "state" | "isAnomaly" | "isSuppressed"> & { score: number };

const resultOf = (row: number, { timestampMs, state, isAnomaly, isSuppressed, score }: Seen, threshold: number) => ({
  ...{ timestampMs, row, state, threshold, isAnomaly, isSuppressed },
  score: state === RowState.scored ? score : null,
  grade: isAnomaly ? gradeOf(score, threshold) : 0,
});

const NO_CHUNK = new Uint8Array(0);

const stateOf = ({ plan, head, learnt }: LoneSeries, lastRow: number): RescoreState => ({
  lastRow,
  rows: head.counts.events,
  head: encodeHead(head, NO_CHUNK, `what was scored again of ${plan.id}`),
  ...(plan.online && { learnt: plan.online.encode(learnt) }),
});

const restored = (detector: Detector, { rows, head, learnt }: RescoreState): LoneSeries => {
  const series = loneSeries(detector);
  const { plan } = series;
  const what = `a series scored again for ${plan.id}`;
  const known = decodeHead({ pk: what, sk: "HEAD", version: rows, bytes: head });
  // As for the live series: of other vectors nothing can go on.
  if (known.featureHash !== plan.featureHash) return series;
  const features = plan.names.length;
  return loneSeries(detector, {
    head: known,
    ...(plan.online && learnt && { learnt: plan.online.decode(learnt, features, what) }),
  });
};
