import type { Detector } from "../../detector.ts";
import { AppError } from "../../errors.ts";
import type { TrainingSeries } from "../../model/dataset.ts";
import { loadScorer } from "../../model/scorer.ts";
import type { Detection } from "../../promote/evidence.ts";
import { aliasOf } from "../../register/aliases.ts";
import { loadModel, type RegistryPorts } from "../../register/models.ts";
import { getRun } from "../../runs/runs.ts";
import type { FittedModel } from "../fit.ts";
import { logMeasures } from "./candidate-log.ts";
import { judgedVectors, rowsBefore, splitInTime } from "./held-out.ts";
import { foundShareOf } from "./judge-candidate.ts";
import type { WorkflowPorts } from "./step.ts";
import type { WorkflowRun } from "./workflow.ts";

type Fitted = {
  /** With the configuration that the model was fitted by. */
  detector: Detector;
  series: readonly TrainingSeries[];
  fitted: FittedModel;
  nowMs: number;
};

/**
 * Notes what the new model and the one in use see of values that were moved: the new one in the newest rows, the other one in
 * the rows it was made for. Noted at the best candidate's run.
 */
export const logDetection = async (
  ports: WorkflowPorts,
  run: WorkflowRun,
  { detector, series, fitted, nowMs }: Fitted,
): Promise<void> => {
  const { sinceMs } = run.trigger;
  const newest = splitInTime(detector, series, sinceMs)?.newer ?? series;
  const own = await loadScorer(ports.runtime, fitted.manifest, fitted.onnx);
  const versionFoundShare = await foundShareOf(detector, own, judgedVectors(detector, newest));
  const before = sinceMs === undefined ? newest : rowsBefore(series, sinceMs);
  const championFoundShare = await championShare(ports, detector, before);
  await logMeasures(ports, run.candidateRuns[0]!, { versionFoundShare, championFoundShare }, nowMs);
};

/** `undefined` where no model is in use that could score these rows. */
const championShare = async (
  ports: WorkflowPorts,
  detector: Detector,
  series: readonly TrainingSeries[],
): Promise<number | undefined> => {
  const champion = await aliasOf(ports, detector.id, "champion");
  const vectors = judgedVectors(detector, series);
  if (!champion || vectors.count === 0) return undefined;
  try {
    const { manifest, onnx } = await loadModel(ports, detector.id, champion.version);
    const columns = manifest.features.length * manifest.shingleSize;
    if (columns !== vectors.columns) return undefined;
    return await foundShareOf(detector, await loadScorer(ports.runtime, manifest, onnx), vectors);
  } catch (error) {
    // A champion that cannot be read is no measure for another one; the scorer says what is wrong with it.
    if (error instanceof AppError && (error.code === "CORRUPT" || error.code === "NOT_FOUND")) return undefined;
    throw error;
  }
};

/** What `logDetection` noted; `undefined` where nothing was. */
export const detectionOf = async (
  ports: RegistryPorts,
  { candidateRuns: [best] }: WorkflowRun,
): Promise<Detection | undefined> => {
  if (best === undefined) return undefined;
  const { versionFoundShare, championFoundShare } = (await getRun(ports, best)).metrics;
  if (!versionFoundShare) return undefined;
  return { challenger: versionFoundShare.value, champion: championFoundShare?.value ?? null };
};
