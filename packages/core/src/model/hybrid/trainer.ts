import { consecutiveRuns, timeSpan } from "../dataset.ts";
import type { Trainer } from "../family.ts";
import type { LinearProcess } from "../linear/process.ts";
import { storedProcesses } from "../linear/stored.ts";
import type { Scaling } from "../scaling.ts";
import { exportHybrid } from "./export.ts";
import type { HybridConfig } from "./family.ts";
import { type HybridParams, windowOf } from "./model.ts";
import { heldOutScores, scaledRuns, type TrainedHybrid, trainHybrid } from "./train.ts";

type FittedHybrid = {
  trained: TrainedHybrid;
  scaling: Scaling[];
  params: HybridParams;
  referenceScores: Float64Array;
  trainingRows: number;
  trainingSpanMs: [number, number];
};

/** The reference scores are those of the last 30 % of each run by a model of the first 70 %. */
export const trainer: Trainer<HybridConfig, FittedHybrid> = {
  fit(dataset, { lags, recent, trees, sampleSize }, seed) {
    const runs = consecutiveRuns(dataset);
    const metrics = dataset.features.length;
    const params = { lags, recent, trees, sampleSize };
    const { scaling, scaled } = scaledRuns(runs, metrics);
    return {
      trained: trainHybrid(scaled, metrics, params, seed),
      ...{ scaling, params },
      referenceScores: heldOutScores(scaled, metrics, params, seed),
      trainingRows: runs.reduce((sum, { count }) => sum + count - windowOf(params) + 1, 0),
      trainingSpanMs: timeSpan(runs.flatMap(({ timestamps }) => [timestamps[0]!, timestamps.at(-1)!])),
    };
  },
  export: ({ trained, params, scaling, ...said }) => ({
    onnx: exportHybrid(trained.model),
    params: { ...params, ...storedProcesses(trained.processes.map((process, at) => unscaled(process, scaling[at]!))) },
    scaling,
    ...said,
  }),
};

/** The process of the metric itself, from that of the scaled one. */
const unscaled = ({ ar, ma, constant, sd }: LinearProcess, { center, scale }: Scaling): LinearProcess => {
  const gain = [...ar.values()].reduce((sum, coefficient) => sum + coefficient, 0);
  return { ar, ma, constant: constant * scale + center * gain, sd: sd * scale };
};
