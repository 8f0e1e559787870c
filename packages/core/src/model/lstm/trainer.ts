import { consecutiveRuns, type Run, timeSpan } from "../dataset.ts";
import type { Trainer } from "../family.ts";
import { exportLstm } from "./export.ts";
import type { LstmConfig } from "./family.ts";
import { kernelMaker } from "./kernels.ts";
import { LSTM_PARAMS } from "./model.ts";
import { type TrainedLstm, trainLstm } from "./train.ts";

type FittedLstm = { trained: TrainedLstm; config: LstmConfig; runs: Run[] };

/** The reference scores are those of the latest fifth of the rows, which stopped the training and were not learnt from. */
export const trainer: Trainer<LstmConfig, FittedLstm> = {
  fit(dataset, config, seed) {
    const { window, hidden, maxEpochs } = config;
    const params = { ...LSTM_PARAMS, window, hidden, maxEpochs, lags: Math.min(LSTM_PARAMS.lags, window) };
    const runs = consecutiveRuns(dataset);
    return { trained: trainLstm(runs, params, seed, kernelMaker(config.kernels)), config, runs };
  },
  export: ({ trained: { scaling, model, referenceScores, losses }, config: { kernels }, runs }) => {
    const { window, hidden, lags, ridge, clip, batch, learningRate, pull, gradientNorm, validationShare } = model;
    const { maxEpochs, patience, cap, levelWeight, ranks } = model;
    return {
      onnx: exportLstm(model),
      params: {
        ...{ window, hidden, lags, ridge, clip, batch, learningRate, pull, gradientNorm, validationShare },
        ...{ maxEpochs, patience, cap, levelWeight, ranks, kernels },
        // By how much the LSTM forecasts the latest rows better than its linear part alone.
        ...{ epochs: losses.length - 1, lossOfLinear: losses[0], loss: Math.min(...losses) },
      },
      scaling: scaling.map(({ center, scale }) => ({ center, scale })),
      referenceScores,
      trainingRows: runs.reduce((sum, { count }) => sum + Math.max(0, count - window), 0),
      trainingSpanMs: timeSpan(runs.flatMap(({ timestamps }) => [timestamps[0]!, timestamps.at(-1)!])),
    };
  },
};
