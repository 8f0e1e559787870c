import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { Detector, shingleSizeOf, type TrainingConfig } from "../../detector.ts";
import { AppError } from "../../errors.ts";
import { canonicalJson } from "../../feature/hash.ts";
import type { WorkflowRun } from "./workflow.ts";

/** A configuration that a retraining tries; `fromMs`: on rows from then on only. */
export type Candidate = { name: string; model: TrainingConfig; fromMs?: number };

type Change = Record<string, number | string>;
/**
 * What is tried beside a detector's own configuration, of its own family: few and fixed, each one a step in one direction. None
 * may change how many rows make a vector, or the model would not fit the detector.
 */
const GRID: { [Family in TrainingConfig["family"]]: (own: Extract<TrainingConfig, { family: Family }>) => Change[] } = {
  "isolation-forest": ({ trees, sampleSize }) => [
    { trees: trees * 2 },
    { sampleSize: sampleSize * 4 },
    { sampleSize: Math.ceil(sampleSize / 4) },
  ],
  var: ({ ridge }) => [{ ridge: ridge * 10 }, { ridge: ridge / 10 }],
  arima: ({ maxP, maxQ, maxDifferences }) => [
    { maxDifferences: Math.max(0, maxDifferences - 1) },
    { maxP: Math.ceil(maxP / 2), maxQ: Math.ceil(maxQ / 2) },
  ],
  hybrid: ({ trees, sampleSize }) => [{ trees: trees * 2 }, { sampleSize: sampleSize * 4 }],
  "random-forest": ({ minLeafRows, classWeights }) => [
    { minLeafRows: minLeafRows * 3 },
    { classWeights: classWeights === "none" ? "balanced" : "none" },
  ],
  lstm: ({ hidden }) => [{ hidden: Math.max(1, Math.floor(hidden / 2)) }, { hidden: hidden * 2 }],
};

/**
 * The detector's own configuration first; a change that the family's limits forbid, or that changes nothing, is left out. The own
 * one once more is last, if it is known since when things are otherwise: rows of before and after make a model that is blind for
 * whatever lies between.
 */
export const candidatesOf = (detector: Detector, sinceMs?: number): Candidate[] => {
  const own = detector.model as TrainingConfig;
  const changes = (GRID[own.family] as (config: TrainingConfig) => Change[])(own);
  const others = changes.flatMap((change): Candidate[] => {
    const parsed = Detector.safeParse({ ...detector, model: { ...own, ...change } });
    if (!parsed.success || shingleSizeOf(parsed.data) !== shingleSizeOf(detector)) return [];
    if (canonicalJson(parsed.data.model) === canonicalJson(own)) return [];
    return [{ name: nameOf(change), model: parsed.data.model as TrainingConfig }];
  });
  const since = sinceMs === undefined ? [] : [{ name: "newer rows only", model: own, fromMs: sinceMs }];
  return [{ name: "as configured", model: own }, ...others, ...since];
};

const nameOf = (change: Change): string =>
  Object.entries(change)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const RUN_ID_DIGITS = 32;

/** The run that a candidate is logged as. */
export const candidateRunId = (workflowId: string, detectorId: string, index: number): string =>
  bytesToHex(sha256(utf8ToBytes(`${detectorId}/${workflowId}/${index}`))).slice(0, RUN_ID_DIGITS);

/** The candidate that a run of the tracking store is of. */
export const candidateOfRun = (
  detector: Detector,
  { id, trigger }: Pick<WorkflowRun, "id" | "trigger">,
  runId: string,
): Candidate => {
  const candidates = candidatesOf(detector, trigger.sinceMs);
  const found = candidates.find((_, place) => candidateRunId(id, detector.id, place) === runId);
  if (found) return found;
  throw new AppError("CORRUPT", `run ${runId} is of no candidate of retraining ${id}`);
};
