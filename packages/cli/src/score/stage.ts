import type { Detector } from "@tidewatch/core/detector";
import { type Extraction, takeEvent } from "@tidewatch/core/feature/extract";
import { planOf } from "@tidewatch/core/feature/plan";
import { emptyRows, RowState, type Rows } from "@tidewatch/core/feature/rows";
import type { MetricEvent } from "@tidewatch/core/ingest/event";
import type { Scorer } from "@tidewatch/core/model/scorer";
import { judgeRows } from "@tidewatch/core/score/judge";
import { freshHead } from "@tidewatch/core/score/load";
import { runModel } from "@tidewatch/core/score/model-run";
import { gradeOf } from "@tidewatch/core/score/threshold";
import type { Verdict } from "@tidewatch/core/score/verdict";
import type { Head } from "@tidewatch/core/store/head";
import type { PointRow } from "@tidewatch/core/store/points";
import type { StreamRecord } from "@tidewatch/core/store/ports";
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

/** There is one series in a file. Its name is in no result. */
const ENTITY = "series";

/**
 * The pipeline's own stages over the rows of a file: features, model, rules, levels, incident. Keeps one series' state.
 * @param before what its series has learnt row by row, this one goes on from
 */
export const scoringStage = (detector: Detector, metrics: readonly string[], before?: Stage): Stage => {
  const plan = planOf(detector);
  const features = plan.names.length;
  const head = freshHead(plan);
  const learnt = before ? before.learnt : plan.online?.fresh(features);
  return {
    counts: head.counts,
    learnt,
    learntBytes: () => plan.online?.encode(learnt).length ?? 0,
    rowsUntilWarm: () => plan.online?.rowsUntilWarm(learnt) ?? 0,
    async take(input, scorer) {
      const to: Extraction = {
        plan,
        scaling: scorer?.manifest.scaling,
        rows: emptyRows(features, features * plan.shingleSize),
      };
      for (const [cause, row] of input.entries()) {
        const isTaken = takeEvent(to, head.state, head.counts, eventOf(row, metrics), row.timestampMs, cause);
        head.counts.events++;
        if (!isTaken) head.counts.late++;
      }
      const judged = await runModel(scorer, to.rows, plan.lowestThreshold);
      const centers = scorer?.manifest.scaling.map(({ center }) => center) ?? [];
      const context = { plan, modelVersion: scorer?.manifest.version ?? 0, centers, rows: to.rows, judged };
      const scored = input.map(unscored);
      const { count, causes } = to.rows;
      // Points and anomalies that a pipeline would store are dropped: memory does not grow.
      judgeRows(
        context,
        { entity: ENTITY, head, learnt },
        0,
        count,
        () => NO_RECORD,
        [],
        (row, point, verdict) => keepStranger(scored, causes[row]!, seen(point, verdict, features)),
      );
      head.chunk = NOTHING;
      return { scored, made: trainingRows(to.rows) };
    },
  };
};

const NOTHING = new Uint8Array();
const NO_RECORD: StreamRecord = { shardId: "", sequenceNumber: "0", partitionKey: "", data: NOTHING, arrivalMs: 0 };

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
