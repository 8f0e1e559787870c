import { AppError } from "../../errors.ts";
import { Manifest } from "../../model/manifest.ts";
import { jsonFile, type RegistryPorts } from "../../register/models.ts";
import { artifactKey, putArtifact } from "../../runs/artifacts.ts";
import { logMetrics } from "../../runs/metrics.ts";
import { changeRun, createRun, headOf } from "../../runs/runs.ts";
import type { FittedModel } from "../fit.ts";
import { type Candidate, candidateRunId } from "./candidates.ts";
import type { WorkflowRun } from "./workflow.ts";

/** Candidates as runs of the tracking store. All of it may be done again, and is then the same. */

const MODEL_FILE = "model/model.onnx";
const MANIFEST_FILE = "model/manifest.json";
/** A detector's runs stand together. */
const experimentOf = (detectorId: string): string => detectorId;

export const startCandidate = async (
  ports: RegistryPorts,
  run: WorkflowRun,
  { name, model, fromMs }: Candidate,
  { place, startMs, codeVersion }: { place: number; startMs: number; codeVersion: string },
): Promise<string> =>
  await createRun(ports, {
    ...{ id: candidateRunId(run.id, run.detector, place), experiment: experimentOf(run.detector) },
    ...{ name: `${run.id} ${name}`, startMs, userId: run.trigger.by },
    params: Object.fromEntries(Object.entries(model).map(([key, value]) => [key, String(value)])),
    tags: {
      ...{ detector: run.detector, workflow: run.id, trigger: run.trigger.kind, candidate: name },
      ...(fromMs !== undefined && { rowsSince: new Date(fromMs).toISOString() }),
      ...{ codeVersion, seed: String(model.seed), datasetHash: run.datasetHash! },
    },
    inputs: [
      {
        ...{ name: run.detector, digest: run.datasetHash!, tags: {} },
        ...{ sourceType: "tidewatch", source: JSON.stringify({ dataset: run.datasetHash }) },
      },
    ],
  });

/** `undefined` is left out: a measure that there is no reason for. */
export const logMeasures = async (
  ports: RegistryPorts,
  runId: string,
  measures: Readonly<Record<string, number | undefined>>,
  timestampMs: number,
): Promise<void> => {
  const points = Object.entries(measures).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value, timestampMs }],
  );
  await logMetrics(ports, runId, points);
};

export const endCandidate = async (
  ports: RegistryPorts,
  runId: string,
  status: "FINISHED" | "FAILED",
  endMs: number,
): Promise<void> => {
  if ((await headOf(ports, runId)).status === "RUNNING") await changeRun(ports, runId, { status, endMs }, endMs);
};

/** Of a run that has ended early: the candidate that was at work. */
export const killCandidate = async (ports: RegistryPorts, run: WorkflowRun): Promise<void> => {
  const runId = candidateRunId(run.id, run.detector, run.candidateRuns.length);
  try {
    const { status } = await headOf(ports, runId);
    if (status === "RUNNING") {
      await changeRun(ports, runId, { status: "KILLED", endMs: run.updatedAtMs }, run.updatedAtMs);
    }
  } catch (error) {
    if (!(error instanceof AppError && error.code === "NOT_FOUND")) throw error;
  }
};

export const putCandidate = async (
  ports: RegistryPorts,
  runId: string,
  { manifest, onnx }: FittedModel,
): Promise<void> => {
  await putArtifact(ports, runId, MODEL_FILE, onnx);
  await putArtifact(ports, runId, MANIFEST_FILE, jsonFile(manifest));
};

/** `undefined` for one that could not be fitted. */
export const getCandidate = async ({ blobs }: RegistryPorts, runId: string): Promise<FittedModel | undefined> => {
  const [onnx, manifest] = await Promise.all(
    [MODEL_FILE, MANIFEST_FILE].map((file) => blobs.get(artifactKey(runId, file))),
  );
  if (!onnx || !manifest) return undefined;
  return { onnx, manifest: Manifest.parse(JSON.parse(new TextDecoder().decode(manifest))) };
};
