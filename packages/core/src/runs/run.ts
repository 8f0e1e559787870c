import { z } from "zod";
import { MAX_NAME_LENGTH, MAX_PARAM_LENGTH, MAX_TAG_LENGTH } from "./limits.ts";

/** MLflow's rule for names of params, metrics and tags: they may look like paths, and must be clean ones. */
export const EntryName = z
  .string()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .regex(/^[/\p{L}\p{N}_.\- :]*$/u, "may hold letters, digits, _ - . : / and spaces")
  .refine((name) => !isUncleanPath(name), "must be a clean path: no leading or doubled /, no . or .. between them");

const isUncleanPath = (name: string): boolean => {
  const parts = name.split("/");
  return parts.includes("..") || parts.includes("") || (parts.includes(".") && name !== ".") || name === ".";
};

const RunId = z.string().regex(/^[a-zA-Z0-9][\w-]{0,255}$/, "a run's id is letters, digits, _ and -");
export const ExperimentId = z.string().regex(/^[a-zA-Z0-9][\w-]{0,63}$/, "an experiment's id is letters and digits");

/** By name. */
export const Tags = z.record(EntryName, z.string().max(MAX_TAG_LENGTH));
export type Tags = z.output<typeof Tags>;
export const Params = z.record(EntryName, z.string().max(MAX_PARAM_LENGTH));
export type Params = z.output<typeof Params>;

/** One value of a metric. May be NaN or infinite. */
export const MetricPoint = z.strictObject({
  value: z.union([z.number(), z.nan(), z.literal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])]),
  step: z.int().default(0),
  timestampMs: z.int().min(0),
  /** What it was measured on, and of which logged model, where that is known. */
  datasetName: z.string().max(500).optional(),
  datasetDigest: z.string().max(36).optional(),
  modelId: z.string().max(100).optional(),
});
export type MetricPoint = z.output<typeof MetricPoint>;
export type Metric = { key: string } & MetricPoint;

export const RUN_STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export const RunStatus = z.enum(RUN_STATUSES);
export type RunStatus = z.output<typeof RunStatus>;
export const LifecycleStage = z.enum(["active", "deleted"]);
export type LifecycleStage = z.output<typeof LifecycleStage>;

/** What a run was fed with: a dataset, `digest` being the hash of a frozen one. */
export const DatasetInput = z.strictObject({
  name: z.string().min(1).max(500),
  digest: z.string().min(1).max(100),
  sourceType: z.string().max(100),
  source: z.string().max(65_535),
  schema: z.string().max(65_535).optional(),
  profile: z.string().max(100_000).optional(),
  tags: z.record(z.string().max(255), z.string().max(500)).default({}),
});
export type DatasetInput = z.output<typeof DatasetInput>;

/** A logged model that a run made (at a step), or used. */
export const ModelUse = z.strictObject({ modelId: z.string().max(100), step: z.int().default(0) });
export type ModelUse = z.output<typeof ModelUse>;

/** What stands in the run's own item. */
export const RunHead = z.strictObject({
  id: RunId,
  experimentId: ExperimentId,
  name: z.string().max(MAX_TAG_LENGTH),
  userId: z.string().max(256),
  status: RunStatus,
  startMs: z.int().min(0),
  endMs: z.int().min(0).optional(),
  stage: LifecycleStage,
  deletedAtMs: z.int().optional(),
});
export type RunHead = z.output<typeof RunHead>;

/** A run with all that was logged to it; of each metric the newest point (greatest step, then time, then value). */
export type Run = RunHead & {
  params: Record<string, string>;
  tags: Record<string, string>;
  metrics: Record<string, MetricPoint>;
  inputs: DatasetInput[];
  modelInputs: ModelUse[];
  modelOutputs: ModelUse[];
};
