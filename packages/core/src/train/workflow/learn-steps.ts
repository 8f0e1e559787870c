import { type Position, scoredPosition, shardsBehind } from "../../dataset/archive-position.ts";
import { DatasetQuery } from "../../dataset/dataset.ts";
import { type Detector, trainingConfig } from "../../detector.ts";
import { AppError } from "../../errors.ts";
import { featureHash } from "../../feature/hash.ts";
import type { TrainingSeries } from "../../model/dataset.ts";
import { loadScorer } from "../../model/scorer.ts";
import { aliasOf, aliasRevision } from "../../register/aliases.ts";
import { checkModelLimits } from "../../register/limits.ts";
import { jsonFile, registerOnce, reserveVersion } from "../../register/models.ts";
import { checkEnough, type FittedModel, fitDetector } from "../fit.ts";
import { endCandidate, getCandidate, logMeasures, putCandidate, startCandidate } from "./candidate-log.ts";
import { type Candidate, candidateOfRun, candidateRunId, candidatesOf } from "./candidates.ts";
import { logDetection } from "./detection.ts";
import { datasetOf, judgedVectors, rowsSince, type Split, splitInTime } from "./held-out.ts";
import { type CandidateMeasures, judgeCandidate, rankCandidates } from "./judge-candidate.ts";
import { retrainable } from "./start.ts";
import type { StepContext, StepWork, WorkflowPorts } from "./step.ts";
import type { WorkflowRun } from "./workflow.ts";

/** A candidate learns from the older rows only: of what its detector asks for, most will do. */
const CANDIDATE_LEAST_ROWS = 16;

/** The archive is a minute behind the scorer, or some: one that stands still is told by an alarm, not by a retraining. */
const ARCHIVE_PATIENCE_MS = 15 * 60_000;

/**
 * Decides once what to learn from, then freezes it: the query of a run stays the same, whatever comes in meanwhile. Rows that have
 * been scored when it begins are waited for, or the newest ones would be missing.
 */
export const snapshot: StepWork = async ({ ports, run, step }) => {
  const key = `workflows/${run.detector}/${run.id}/query.json`;
  const planned = await ports.blobs.get(key);
  if (!planned) {
    const behind = await shardsBehind(ports.table, await positionOf(ports, run));
    if (behind.length > 0 && ports.clock() - step.startedAtMs < ARCHIVE_PATIENCE_MS) {
      return { kind: "wait", text: "the archive gathers what has been scored" };
    }
    const detector = await retrainable(ports.table, run.detector);
    const all = await ports.datasetQuery(detector, run.trigger);
    const query = { ...all, maxRows: Math.min(all.maxRows, detector.retraining.budget.rows) };
    await ports.blobs.putIfAbsent(key, jsonFile(query));
  }
  const text = new TextDecoder().decode(planned ?? (await ports.blobs.get(key)));
  const { hash, rows, series, fromMs, toMs, excluded } = await ports.datasets.freeze(
    DatasetQuery.parse(JSON.parse(text)),
  );
  const left = Object.values(excluded).reduce((sum, count) => sum + count, 0);
  const span = `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
  const without = left > 0 ? `; ${left} were left out` : "";
  return { kind: "done", text: `${rows} rows of ${series} series, ${span}${without}`, patch: { datasetHash: hash } };
};

/** Where the scorer was when the run began: what comes later is not waited for. */
const positionOf = async ({ table, blobs }: WorkflowPorts, run: WorkflowRun): Promise<Position> => {
  const key = `workflows/${run.detector}/${run.id}/position.json`;
  if (!(await blobs.get(key))) await blobs.putIfAbsent(key, jsonFile(await scoredPosition(table)));
  return JSON.parse(new TextDecoder().decode(await blobs.get(key)));
};

/** Fits one candidate to the older rows: the next call fits the next one. */
export const fit: StepWork = async (context) => {
  const { ports, run, step } = context;
  const { detector, series } = await frozen(ports, run);
  const candidates = candidatesOf(detector, run.trigger.sinceMs);
  const place = run.candidateRuns.length;
  const { minTrainingRows, maxTrainingRows } = trainingConfig(detector)!;
  checkEnough(detector, datasetOf(detector, series, maxTrainingRows), minTrainingRows);
  const split = splitInTime(detector, series, run.trigger.sinceMs);
  const budgetMs = detector.retraining.budget.seconds * 1000;
  // Another one takes about as long as those before it on average, and the best of them is fitted once more.
  if (place > 0 && run.spentMs + (2 * run.spentMs) / place > budgetMs) {
    const left = `the time of the budget (${budgetMs / 1000} s) allows no more`;
    return { kind: "done", text: `${place} of ${candidates.length} candidates; ${left}` };
  }
  const candidate = candidates[place]!;
  const { codeVersion } = ports;
  const runId = await startCandidate(ports, run, candidate, { place, startMs: step.startedAtMs, codeVersion });
  const patch = { candidateRuns: [...run.candidateRuns, runId] };
  if (!split) {
    await endCandidate(ports, runId, "FINISHED", ports.clock());
    return { kind: "done", patch, text: "too few rows to hold some out: the configuration stays as it is" };
  }
  const failed = await fitCandidate(context, runId, { candidate, detector, series, split });
  const text = `candidate ${place + 1} of ${candidates.length} (${candidate.name}) ${failed ? `cannot be fitted: ${failed.message}` : "is fitted"}`;
  const progress = (place + 1) / candidates.length;
  return progress < 1 ? { kind: "more", progress, text, patch } : { kind: "done", text, patch };
};

type Order = { candidate: Candidate; detector: Detector; series: readonly TrainingSeries[]; split: Split };

/** @returns why it cannot be fitted; one beside the detector's own configuration may turn out to be impossible */
const fitCandidate = async (
  { ports, run, step }: StepContext,
  runId: string,
  { candidate, detector, series, split }: Order,
): Promise<AppError | undefined> => {
  const { fromMs } = candidate;
  const { minTrainingRows, maxTrainingRows } = candidate.model;
  const model = { ...candidate.model, minTrainingRows: CANDIDATE_LEAST_ROWS };
  const startMs = ports.clock();
  try {
    // Newer rows alone have to be as many as the detector wants of all: what is held out now is learnt in the end.
    checkEnough(detector, datasetOf(detector, rowsSince(series, fromMs), maxTrainingRows), minTrainingRows);
    const fitted = await fitTo(ports, { ...detector, model }, rowsSince(split.older, fromMs), {
      version: 1,
      nowMs: step.startedAtMs,
    });
    const fitSeconds = (ports.clock() - startMs) / 1000;
    await logMeasures(ports, runId, { fitSeconds, onnxBytes: fitted.onnx.length }, step.startedAtMs);
    await putCandidate(ports, runId, fitted);
    await endCandidate(ports, runId, "FINISHED", ports.clock());
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code === "UNAVAILABLE") throw error;
    await endCandidate(ports, runId, "FAILED", ports.clock());
    if (run.candidateRuns.length === 0) throw error;
    return error;
  }
};

/** Compares the candidates on the newer rows; the best one comes first. */
export const evaluate: StepWork = async ({ ports, run, step }) => {
  const { detector, series } = await frozen(ports, run);
  const split = splitInTime(detector, series, run.trigger.sinceMs);
  if (!split) return { kind: "skipped", text: "no rows are held out" };
  const vectors = judgedVectors(detector, split.newer);
  const measured: (CandidateMeasures | undefined)[] = [];
  for (const runId of run.candidateRuns.toSorted(byPlace(run))) {
    const files = await getCandidate(ports, runId);
    if (!files) {
      measured.push(undefined);
      continue;
    }
    const { model } = candidateOfRun(detector, run, runId);
    const scorer = await loadScorer(ports.runtime, files.manifest, files.onnx);
    const measures = await judgeCandidate({ ...detector, model }, scorer, vectors);
    await logMeasures(ports, runId, measures, step.startedAtMs);
    measured.push(measures);
  }
  const newer = candidatesOf(detector, run.trigger.sinceMs).findIndex(({ fromMs }) => fromMs !== undefined);
  const places = rankCandidates(measured, measured[newer] ? newer : 0);
  const candidateRuns = places.map((place) => candidateRunId(run.id, run.detector, place));
  const best = measured[places[0]!]!;
  const { name } = candidateOfRun(detector, run, candidateRuns[0]!);
  return { kind: "done", text: `${name}: ${measuresText(best)}`, patch: { candidateRuns } };
};

/** As they were fitted, also when they have been put in order before. */
const byPlace = ({ id, detector, candidateRuns }: WorkflowRun) => {
  const order = candidateRuns.map((_, place) => candidateRunId(id, detector, place));
  return (a: string, b: string): number => order.indexOf(a) - order.indexOf(b);
};

const measuresText = ({
  rows,
  f1,
  foundShare,
  falseAlarmShare,
  expectedFalseAlarmShare,
}: CandidateMeasures): string => {
  const finds = f1 === undefined ? `finds ${percent(foundShare)} of moved values` : `F1 ${f1.toFixed(2)} by labels`;
  const falseAlarms = `${percent(falseAlarmShare)} false alarms where ${percent(expectedFalseAlarmShare)} are promised`;
  return `${finds}, ${falseAlarms}, on ${rows} held-out rows`;
};
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

/** Fits the best candidate to all rows, and makes it a version under the number that is the run's own. */
export const register: StepWork = async ({ ports, run, step }) => {
  const { detector, series } = await frozen(ports, run);
  const runId = run.candidateRuns[0]!;
  const { model, fromMs } = candidateOfRun(detector, run, runId);
  const options = { version: 1, nowMs: step.startedAtMs };
  const fitted = await fitTo(ports, { ...detector, model }, rowsSince(series, fromMs), options);
  await checkModelLimits(ports, fitted.onnx);
  await logDetection(ports, run, { detector: { ...detector, model }, series, fitted, nowMs: step.startedAtMs });
  const version = await reserveVersion(ports, run.detector, runId);
  const manifest = { ...fitted.manifest, version, datasetHash: run.datasetHash!, runId };
  await registerOnce(ports, { manifest, onnx: fitted.onnx });
  return { kind: "done", text: `version ${version}`, patch: { version, ...(await liveOf(ports, run)) } };
};

/** What is live when a challenger comes, and how often the aliases had moved by then. */
const liveOf = async (ports: WorkflowPorts, { detector }: WorkflowRun) => {
  const [champion, ...revisions] = [
    await aliasOf(ports, detector, "champion"),
    await aliasRevision(ports, detector, "champion"),
    await aliasRevision(ports, detector, "challenger"),
  ] as const;
  const [ofChampion, ofChallenger] = revisions;
  return {
    championBefore: champion?.version ?? null,
    revisions: { champion: ofChampion, challenger: ofChallenger },
  };
};

/** The training set of a run, and the detector as it was then. */
const frozen = async ({ datasets }: WorkflowPorts, { datasetHash }: WorkflowRun) => {
  const { query, series } = await datasets.read(datasetHash!);
  return { detector: query.detector, series };
};

const fitTo = (
  { threads }: WorkflowPorts,
  detector: Detector,
  series: readonly TrainingSeries[],
  options: { version: number; nowMs: number },
): Promise<FittedModel> => {
  const seed = trainingConfig(detector)?.seed ?? 0;
  return fitDetector(detector, series, { ...options, seed, featureHash: featureHash(detector), threads });
};
