import { consecutiveRuns, type Run, timeSpan } from "../dataset.ts";
import type { Trainer } from "../family.ts";
import { exportVar } from "./export.ts";
import type { VarConfig } from "./family.ts";
import { VAR_PARAMS, type VarParams } from "./model.ts";
import { heldOutScores, type TrainedVar, trainVar } from "./train.ts";

type FittedVar = { trained: TrainedVar; params: VarParams; runs: Run[] };

/** The reference scores are those of the last 30 % of each run by a model of the first 70 %. */
export const trainer: Trainer<VarConfig, FittedVar> = {
  fit(dataset, { lags, ridge }) {
    const runs = consecutiveRuns(dataset);
    const params = { ...VAR_PARAMS, lags, ridge };
    return { trained: trainVar(runs, params), params, runs };
  },
  export: ({ trained: { scaling, model }, params, runs }) => ({
    onnx: exportVar(model),
    params: { ...params },
    scaling: scaling.map(({ center, scale }) => ({ center, scale })),
    referenceScores: heldOutScores(runs, params),
    trainingRows: model.windows,
    trainingSpanMs: timeSpan(runs.flatMap(({ timestamps }) => [timestamps[0]!, timestamps.at(-1)!])),
  }),
};
