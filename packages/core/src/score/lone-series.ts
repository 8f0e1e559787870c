import type { Detector } from "../detector.ts";
import type { Extraction } from "../feature/extract.ts";
import { type Plan, planOf } from "../feature/plan.ts";
import { emptyRows, type Rows } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import type { Head } from "../store/head.ts";
import type { StreamRecord } from "../store/ports.ts";
import { judgeRows, type RowObserver } from "./judge.ts";
import { judgeContext } from "./judge-context.ts";
import { freshHead } from "./load.ts";

/** A series that is scored by itself, outside the pipeline: what this would store is dropped, so that memory does not grow. */
export type LoneSeries = {
  plan: Plan;
  /** Without an open chunk. */
  head: Head;
  /** What an online family has learnt so far. */
  learnt: unknown;
  /**
   * Scores the rows that `extract` makes with the model so far; without one they warm up.
   * @param see sees each row, in order
   */
  take(scorer: Scorer | undefined, extract: (to: Extraction) => void, see: RowObserver): Promise<Rows>;
};

/**
 * The pipeline's own stages for one series: features, model, rules, levels, incident.
 * @param before goes on from what a series has come to
 */
export const loneSeries = (
  detector: Detector,
  before: Partial<Pick<LoneSeries, "head" | "learnt">> = {},
): LoneSeries => {
  const plan = planOf(detector);
  const features = plan.names.length;
  const series: LoneSeries = {
    plan,
    head: before.head ?? freshHead(plan),
    learnt: before.learnt ?? plan.online?.fresh(features),
    async take(scorer, extract, see) {
      const rows = emptyRows(features, features * plan.shingleSize);
      extract({ plan, scaling: scorer?.manifest.scaling, rows });
      const context = await judgeContext(plan, scorer, rows);
      const { head, learnt } = series;
      judgeRows(context, { entity: NO_ENTITY, head, learnt }, 0, rows.count, () => NO_RECORD, [], see);
      head.chunk = NOTHING;
      return rows;
    },
  };
  return series;
};

const NOTHING = new Uint8Array(0);
/** It would be in what is dropped only. */
const NO_ENTITY = "";
const NO_RECORD: StreamRecord = { shardId: "", sequenceNumber: "0", partitionKey: "", data: NOTHING, arrivalMs: 0 };
