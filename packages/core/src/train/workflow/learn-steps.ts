import { DatasetQuery } from "../../dataset/dataset.ts";
import { type Detector, trainingConfig } from "../../detector.ts";
import { AppError } from "../../errors.ts";
import { featureHash } from "../../feature/hash.ts";
import type { TrainingSeries } from "../../model/dataset.ts";
import { Manifest } from "../../model/manifest.ts";
import { loadScorer } from "../../model/scorer.ts";
import { aliasOf, aliasRevision } from "../../register/aliases.ts";
import { checkModelLimits } from "../../register/limits.ts";
import { jsonFile, registerOnce, reserveVersion } from "../../register/models.ts";
import { type FittedModel, fitDetector } from "../fit.ts";
import { type Candidate, candidateOfRun, candidateRunId, candidatesOf } from "./candidates.ts";
import { heldOutVectors, type Split, splitInTime } from "./held-out.ts";
import { type CandidateMeasures, judgeCandidate, rankCandidates } from "./judge-candidate.ts";
import { retrainable } from "./start.ts";
import type { StepContext, StepResult, StepWork, WorkflowPorts } from "./step.ts";
import type { WorkflowRun } from "./workflow.ts";

/** Files of a candidate's run in the tracking store. */
const MODEL_FILE = "model/model.onnx";
const MANIFEST_FILE = "model/manifest.json";
/** A candidate learns from the older rows only: of what its detector asks for, most will do. */
const CANDIDATE_LEAST_ROWS = 16;

/** Decides once what to learn from, then freezes it: the query of a run stays the same, whatever comes in meanwhile. */
export const snapshot: StepWork = async ({ ports, run }) => {
  const key = `workflows/${run.detector}/${run.id}/query.json`;
  const planned = await ports.blobs.get(key);
  if (!planned) {
    const query = await ports.datasetQuery(await retrainable(ports.table, run.detector));
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

/** Fits one candidate to the older rows: the next call fits the next one. */
export const fit: StepWork = async (context) => {
  const { ports, run } = context;
  const { detector, series } = await frozen(ports, run);
  const candidates = candidatesOf(detector);
  const place = run.candidateRuns.length;
  const split = splitInTime(detector, series);
  const budgetMs = detector.retraining.budget.seconds * 1000;
  // Another one takes about as long as those before it on average, and the best of them is fitted once more.
  const isTimeUp = place > 0 && run.spentMs + (2 * run.spentMs) / place > budgetMs;
  if (isTimeUp) {
    const text = `${place} of ${candidates.length} candidates; the time of the budget (${budgetMs / 1000} s) allows no more`;
    return { kind: "done", text };
  }
  const runId = candidateRunId(run.id, run.detector, place);
  const candidate = candidates[place]!;
  await startRun(context, runId, candidate, detector);
  const patch = { candidateRuns: [...run.candidateRuns, runId] };
  if (!split) {
    return { kind: "done", patch, text: "too few rows to hold some out: the configuration stays as it is" };
  }
  const fitted = await fitCandidate(context, runId, { candidate, detector, split });
  const count = `candidate ${place + 1} of ${candidates.length} (${candidate.name})`;
  const text = fitted === "fitted" ? `${count} is fitted` : `${count} cannot be fitted: ${fitted.message}`;
  const progress = (place + 1) / candidates.length;
  return progress < 1 ? { kind: "more", progress, text, patch } : { kind: "done", text, patch };
};

type Order = { candidate: Candidate; detector: Detector; split: Split };

/** One beside the detector's own configuration may turn out to be impossible: that is a result. */
const fitCandidate = async (
  { ports, run, step }: StepContext,
  runId: string,
  { candidate, detector, split }: Order,
): Promise<"fitted" | AppError> => {
  const model = { ...candidate.model, minTrainingRows: CANDIDATE_LEAST_ROWS };
  const startMs = ports.clock();
  try {
    const fitted = await fitTo(ports, { ...detector, model }, split.older, { version: 1, nowMs: step.startedAtMs });
    await ports.candidates.metrics(runId, { fitSeconds: (ports.clock() - startMs) / 1000 }, step.startedAtMs);
    await ports.candidates.putFile(runId, MODEL_FILE, fitted.onnx);
    await ports.candidates.putFile(runId, MANIFEST_FILE, jsonFile(fitted.manifest));
    return "fitted";
  } catch (error) {
    const isFirst = run.candidateRuns.length === 0;
    if (isFirst || !(error instanceof AppError) || error.code === "UNAVAILABLE") throw error;
    await ports.candidates.end(runId, "failed", step.startedAtMs);
    return error;
  }
};

const startRun = (
  { ports, run, step }: StepContext,
  id: string,
  { name, model }: Candidate,
  detector: Detector,
): Promise<void> =>
  ports.candidates.start({
    ...{ id, experiment: detector.id, name: `${run.id} ${name}`, startedAtMs: step.startedAtMs },
    params: Object.fromEntries(Object.entries(model).map(([key, value]) => [key, String(value)])),
    tags: {
      ...{ detector: detector.id, workflow: run.id, trigger: run.trigger.kind, datasetHash: run.datasetHash! },
      ...{ candidate: name, seed: String(model.seed) },
    },
  });

/** Compares the candidates on the newer rows; the best one comes first. */
export const evaluate: StepWork = async ({ ports, run, step }) => {
  const { detector, series } = await frozen(ports, run);
  const split = splitInTime(detector, series);
  if (!split) return { kind: "skipped", text: "no rows are held out" };
  const vectors = heldOutVectors(detector, split);
  const measured: (CandidateMeasures | undefined)[] = [];
  for (const runId of run.candidateRuns.toSorted(byPlace(run))) {
    const files = await readCandidate(ports, runId);
    if (!files) {
      measured.push(undefined);
      continue;
    }
    const { model } = candidateOfRun(detector, run.id, runId);
    const scorer = await loadScorer(ports.runtime, files.manifest, files.onnx);
    const measures = await judgeCandidate({ ...detector, model }, scorer, vectors);
    await ports.candidates.metrics(runId, { ...measures, onnxBytes: files.onnx.length }, step.startedAtMs);
    await ports.candidates.end(runId, "finished", step.startedAtMs);
    measured.push(measures);
  }
  const places = rankCandidates(measured);
  const candidateRuns = places.map((place) => candidateRunId(run.id, run.detector, place));
  const best = measured[places[0]!]!;
  const { name } = candidateOfRun(detector, run.id, candidateRuns[0]!);
  return { kind: "done", text: `${name}: ${measuresText(best)}`, patch: { candidateRuns } };
};

/** As they were fitted, also when they have been put in order before. */
const byPlace = ({ id, detector, candidateRuns }: WorkflowRun) => {
  const order = candidateRuns.map((_, place) => candidateRunId(id, detector, place));
  return (a: string, b: string): number => order.indexOf(a) - order.indexOf(b);
};

const measuresText = ({ rows, f1, foundShare, falseAlarmShare, expectedFalseAlarmShare }: CandidateMeasures): string => {
  const finds = f1 === undefined ? `finds ${percent(foundShare)} of moved values` : `F1 ${f1.toFixed(2)} by labels`;
  const falseAlarms = `${percent(falseAlarmShare)} false alarms where ${percent(expectedFalseAlarmShare)} are promised`;
  return `${finds}, ${falseAlarms}, on ${rows} held-out rows`;
};
const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

const readCandidate = async ({ candidates }: WorkflowPorts, runId: string): Promise<FittedModel | undefined> => {
  const [onnx, manifest] = await Promise.all([
    candidates.getFile(runId, MODEL_FILE),
    candidates.getFile(runId, MANIFEST_FILE),
  ]);
  if (!onnx || !manifest) return undefined;
  return { onnx, manifest: Manifest.parse(JSON.parse(new TextDecoder().decode(manifest))) };
};

/** Fits the best candidate to all rows, and makes it a version under the number that is the run's own. */
export const register: StepWork = async ({ ports, run, step }) => {
  const { detector, series } = await frozen(ports, run);
  const runId = run.candidateRuns[0]!;
  const { model } = candidateOfRun(detector, run.id, runId);
  const options = { version: 1, nowMs: step.startedAtMs };
  const fitted = await fitTo(ports, { ...detector, model }, series, options);
  await checkModelLimits(ports, fitted.onnx);
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
