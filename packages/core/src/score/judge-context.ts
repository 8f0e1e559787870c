import type { Plan } from "../feature/plan.ts";
import type { Rows } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import type { JudgeContext } from "./judge.ts";
import { runModel } from "./model-run.ts";

/** Runs the model over all rows of a detector: what `judgeRows` judges them by. Without a model, rows warm up. */
export const judgeContext = async (plan: Plan, scorer: Scorer | undefined, rows: Rows): Promise<JudgeContext> => ({
  plan,
  rows,
  judged: await runModel(scorer, rows, plan.lowestThreshold),
  modelVersion: scorer?.manifest.version ?? 0,
  centers: scorer?.manifest.scaling.map(({ center }) => center) ?? [],
});
