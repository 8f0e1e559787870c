import type { Detector } from "@tidewatch/core/detector";
import { takeEvent } from "@tidewatch/core/feature/extract";
import { RowState, type Rows } from "@tidewatch/core/feature/rows";
import type { MetricEvent } from "@tidewatch/core/ingest/event";
import type { Scorer } from "@tidewatch/core/model/scorer";
import { loneSeries } from "@tidewatch/core/score/lone-series";
import { gradeOf } from "@tidewatch/core/score/threshold";
import type { Verdict } from "@tidewatch/core/score/verdict";
import type { Head } from "@tidewatch/core/store/head";
import type { PointRow } from "@tidewatch/core/store/points";
import type { ScoredRow } from "./output.ts";
import type { SeriesRow } from "./series-rows.ts";
import type { TrainingRows } from "./training.ts";

export type Stage = {
  /** Scores the next rows of the file with the model so far; without one they are warming up. */
  take(rows: readonly SeriesRow[], scorer: Scorer | undefined): Promise<{ scored: ScoredRow[]; made: TrainingRows }>;
  counts: Head["counts"];
  /** What an online family has learnt so far, and the rows that it has yet to learn before it scores. */
  learnt: unknown;
  learntBytes(): number;
  rowsUntilWarm(): number;
};

/**
 * The pipeline's own stages over the rows of a file, which has one series.
 * @param before what its series has learnt row by row, this one goes on from
 */
export const scoringStage = (detector: Detector, metrics: readonly string[], before?: Stage): Stage => {
  const series = loneSeries(detector, { learnt: before?.learnt });
  const { plan, head, learnt } = series;
  return {
    counts: head.counts,
    learnt,
    learntBytes: () => plan.online?.encode(learnt).length ?? 0,
    rowsUntilWarm: () => plan.online?.rowsUntilWarm(learnt) ?? 0,
    async take(input, scorer) {
      const scored = input.map(unscored);
      let causes: Int32Array = new Int32Array(0);
      const rows = await series.take(
        scorer,
        (to) => {
          for (const [cause, row] of input.entries()) {
            const isTaken = takeEvent(to, head.state, head.counts, eventOf(row, metrics), row.timestampMs, cause);
            head.counts.events++;
            if (!isTaken) head.counts.late++;
          }
          causes = to.rows.causes;
        },
        (row, point, verdict) => keepStranger(scored, causes[row]!, seen(point, verdict, plan.names.length)),
      );
      return { scored, made: trainingRows(rows) };
    },
  };
};

/** Its name is in no result. */
const ENTITY = "series";

const eventOf = (row: SeriesRow, metrics: readonly string[]): MetricEvent => ({
  type: "metric",
  entity: ENTITY,
  timestamp: row.timestampMs,
  values: Object.fromEntries(row.values.map((value, at) => [metrics[at]!, value])),
});

const unscored = ({ timestampText }: SeriesRow): ScoredRow => ({
  timestampText,
  score: 0,
  isAnomaly: false,
  grade: 0,
  expected: undefined,
  attribution: undefined,
});

type Judgement = Omit<ScoredRow, "timestampText">;

/** One row of the file may complete several intervals: it shows the strangest of them. */
const keepStranger = (scored: ScoredRow[], cause: number, judgement: Judgement): void => {
  const target = scored[cause]!;
  const isStranger =
    judgement.grade > target.grade || (judgement.grade === target.grade && judgement.score >= target.score);
  if (isStranger) scored[cause] = { ...judgement, timestampText: target.timestampText };
};

const seen = (point: PointRow, verdict: Verdict, features: number): Judgement => ({
  score: point.state === RowState.scored ? point.score : 0,
  isAnomaly: point.isAnomaly,
  grade: point.isAnomaly ? gradeOf(point.score, verdict.threshold) : 0,
  expected: verdict.isExpected ? verdict.expected.slice(0, features) : undefined,
  attribution: point.isAnomaly ? verdict.shares.slice(verdict.sharesAt, verdict.sharesAt + features) : undefined,
});

const trainingRows = ({ count, features, timestamps, values, states }: Rows): TrainingRows => ({
  timestamps: Array.from(timestamps.subarray(0, count)),
  rows: Array.from({ length: count }, (_, row) =>
    isObserved(states[row]!) ? values.slice(row * features, (row + 1) * features) : null,
  ),
});

/** Imputed rows are guesses, which a model must not learn. */
const isObserved = (state: number): boolean => state === RowState.scored || state === RowState.warmingUp;
