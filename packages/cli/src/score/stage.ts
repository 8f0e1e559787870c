import type { Detector } from "@tidewatch/core/detector";
import { type Extraction, takeEvent } from "@tidewatch/core/feature/extract";
import { planOf } from "@tidewatch/core/feature/plan";
import { emptyRows, RowState, type Rows } from "@tidewatch/core/feature/rows";
import { freshState } from "@tidewatch/core/feature/state";
import type { MetricEvent } from "@tidewatch/core/ingest/event";
import type { Scorer } from "@tidewatch/core/model/scorer";
import { type JudgeContext, judgeRows } from "@tidewatch/core/score/judge";
import { freshLevels } from "@tidewatch/core/score/level";
import { runModel } from "@tidewatch/core/score/model-run";
import type { Anomaly } from "@tidewatch/core/store/anomaly";
import { type Head, noCounts } from "@tidewatch/core/store/head";
import type { Put } from "@tidewatch/core/store/ports";
import type { ScoredRow } from "./output.ts";
import type { SeriesRow } from "./series-rows.ts";
import type { TrainingRows } from "./training.ts";

export type Stage = {
  /** Scores the next rows of the file with the model so far; without one they are warming up. */
  take(rows: readonly SeriesRow[], scorer: Scorer | undefined): Promise<{ scored: ScoredRow[]; made: TrainingRows }>;
  counts: Head["counts"];
};

/** There is one series in a file. Its name is in no result. */
const ENTITY = "series";

/** The pipeline's own stages over the rows of a file: features, model, rules, levels, incident. Keeps one series' state. */
export const scoringStage = (detector: Detector, metrics: readonly string[]): Stage => {
  const plan = planOf(detector);
  const features = plan.names.length;
  const head: Head = {
    counts: noCounts(),
    featureHash: plan.featureHash,
    shards: [],
    rows: 0,
    lastRowMs: 0,
    link: "",
    state: freshState(plan),
    levels: freshLevels(features),
    incident: undefined,
    chunk: NO_CHUNK,
  };
  return {
    counts: head.counts,
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
      const judged = await runModel(scorer, to.rows, plan.threshold);
      const centers = scorer?.manifest.scaling.map(({ center }) => center) ?? [];
      const context = { plan, modelVersion: scorer?.manifest.version ?? 0, centers, rows: to.rows, judged };
      const scored = input.map(unscored);
      for (let row = 0; row < to.rows.count; row++)
        keepStranger(scored, to.rows.causes[row]!, judgeRow(context, head, row));
      return { scored, made: trainingRows(to.rows) };
    },
  };
};

const NO_CHUNK = new Uint8Array();

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

type Verdict = Omit<ScoredRow, "timestampText">;

/** One row of the file may complete several intervals: it shows the strangest of them. */
const keepStranger = (scored: ScoredRow[], cause: number, verdict: Verdict): void => {
  const target = scored[cause]!;
  const isStranger = verdict.grade > target.grade || (verdict.grade === target.grade && verdict.score >= target.score);
  if (isStranger) scored[cause] = { ...verdict, timestampText: target.timestampText };
};

/** Points and anomalies that a pipeline would store are read back at once and dropped: memory does not grow. */
const judgeRow = (context: JudgeContext, head: Head, row: number): Verdict => {
  const { rows, judged } = context;
  const expected = head.levels.rows > 0 ? head.levels.levels.slice() : undefined;
  const sides: Put[] = [];
  head.chunk = NO_CHUNK;
  judgeRows(context, ENTITY, head, row, row + 1, () => "", sides);
  const vector = rows.vectorOf[row]!;
  const score = rows.states[row] === RowState.scored ? judged.scores[vector]! : 0;
  const [side] = sides;
  if (!side?.item.doc) return { score, isAnomaly: false, grade: 0, expected, attribution: undefined };
  const { grade } = JSON.parse(side.item.doc) as Anomaly;
  const sharesAt = judged.sharesAt[vector]!;
  const attribution = judged.shares.slice(sharesAt, sharesAt + rows.features);
  return { score, isAnomaly: grade > 0, grade, expected, attribution };
};

const trainingRows = ({ count, features, timestamps, values, states }: Rows): TrainingRows => ({
  timestamps: Array.from(timestamps.subarray(0, count)),
  rows: Array.from({ length: count }, (_, row) =>
    isObserved(states[row]!) ? values.slice(row * features, (row + 1) * features) : null,
  ),
});

/** Imputed rows are guesses, which a model must not learn. */
const isObserved = (state: number): boolean => state === RowState.scored || state === RowState.warmingUp;
