import type { Experiment } from "@tidewatch/core/runs/experiments";
import type { MetricPoint, Run, RunHead } from "@tidewatch/core/runs/run";
import { artifactUri } from "@tidewatch/core/runs/search/search-runs";
import { doubleOut, keyValuesOut } from "./wire.ts";

/** Our documents as MLflow's messages (mlflow/protos/service.proto). */

export const experimentOut = ({ id, name, stage, createdAtMs, updatedAtMs, tags }: Experiment) => ({
  experiment_id: id,
  name,
  artifact_location: `mlflow-artifacts:/experiments/${id}`,
  lifecycle_stage: stage,
  last_update_time: updatedAtMs,
  creation_time: createdAtMs,
  tags: keyValuesOut(tags),
});

export const runInfoOut = (run: RunHead) => ({
  ...{ run_id: run.id, run_uuid: run.id, run_name: run.name, experiment_id: run.experimentId, user_id: run.userId },
  ...{ status: run.status, start_time: run.startMs, end_time: run.endMs },
  ...{ artifact_uri: artifactUri(run.id), lifecycle_stage: run.stage },
});

export const metricOut = (key: string, point: MetricPoint, runId?: string) => ({
  ...{ key, value: doubleOut(point.value), timestamp: point.timestampMs, step: point.step },
  ...{ dataset_name: point.datasetName, dataset_digest: point.datasetDigest, model_id: point.modelId, run_id: runId },
});

export const runOut = (run: Run) => ({
  info: runInfoOut(run),
  data: {
    metrics: Object.entries(run.metrics).map(([key, point]) => metricOut(key, point)),
    params: keyValuesOut(run.params),
    tags: keyValuesOut(run.tags),
  },
  inputs: {
    dataset_inputs: run.inputs.map(({ tags, sourceType, ...dataset }) => ({
      tags: keyValuesOut(tags),
      dataset: { ...dataset, source_type: sourceType },
    })),
    model_inputs: run.modelInputs.map(({ modelId }) => ({ model_id: modelId })),
  },
  outputs: { model_outputs: run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })) },
});
