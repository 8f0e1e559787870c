import { z } from "@hono/zod-openapi";
import { DatasetInput, RUN_STATUSES } from "@tidewatch/core/runs/run";
import { pageOf } from "./paging.ts";

export const ExperimentDocument = z
  .object({
    id: z.string(),
    name: z.string(),
    stage: z.enum(["active", "deleted"]),
    createdAtMs: z.int(),
    tags: z.record(z.string(), z.string()),
  })
  .openapi("Experiment", {
    description: "A named series of runs. What the pipeline trains by itself is in one of the detector's name.",
    example: { id: "185318207614098340", name: "web", stage: "active", createdAtMs: 1_763_632_800_000, tags: {} },
  });
export type ExperimentDocument = z.output<typeof ExperimentDocument>;

/** JSON has no words for them. */
const Value = z
  .union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])])
  .openapi({ description: "A number, or one of the words that JSON has no number for." });
const pointFields = { value: Value, step: z.int(), timestampMs: z.int() };
const MetricPointDocument = z.object(pointFields).openapi("MetricPoint", {
  example: { value: 0.25, step: 3, timestampMs: 1_763_632_800_000 },
});

const summary = {
  id: z.string(),
  experimentId: z.string(),
  name: z.string(),
  status: z.enum(RUN_STATUSES),
  stage: z.enum(["active", "deleted"]),
  startMs: z.int(),
  endMs: z.int().optional(),
  params: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), MetricPointDocument).openapi({ description: "The newest point of each." }),
  tags: z.record(z.string(), z.string()),
};
const example = {
  ...{ id: "5f0c954e7c0d4f0e9d5c0a3f3b1f6a3e", experimentId: "185318207614098340", name: "var, ridge 0.1" },
  ...{ status: "FINISHED" as const, stage: "active" as const, startMs: 1_763_632_800_000, endMs: 1_763_632_860_000 },
  ...{ params: { ridge: "0.1" }, tags: { host: "web-1" } },
  metrics: { f1: { value: 0.91, step: 0, timestampMs: 1_763_632_860_000 } },
};
export const RunSummary = z.object(summary).openapi("RunSummary", { example });
export type RunSummary = z.output<typeof RunSummary>;
export type RunPage = z.output<typeof RunPage>;
export const RunPage = pageOf(RunSummary).openapi("RunPage", { example: { items: [example], cursor: null } });

export const RunDocument = z
  .object({
    ...summary,
    userId: z.string(),
    inputs: z
      .array(DatasetInput)
      .openapi({ description: "The datasets that it was fed with; `digest` is their hash." }),
    artifacts: z.array(z.object({ path: z.string(), isFolder: z.boolean() })).openapi({
      description: "What lies at the top of its artifacts; MLflow's endpoints give the rest, and the bytes.",
    }),
  })
  .openapi("Run", {
    example: { ...example, userId: "", inputs: [], artifacts: [{ path: "model", isFolder: true }] },
  });
export type RunDocument = z.output<typeof RunDocument>;

export const MetricPage = pageOf(MetricPointDocument).openapi("MetricPage", {
  example: { items: [{ value: 0.25, step: 3, timestampMs: 1_763_632_800_000 }], cursor: null },
});
export const ExperimentList = z
  .object({ items: z.array(ExperimentDocument) })
  .openapi("ExperimentList", { example: { items: [] } });

export const RunPath = z.object({
  id: z
    .string()
    .min(1)
    .max(256)
    .openapi({ param: { name: "id", in: "path" }, description: "The run's id." }),
});
