import { z } from "@hono/zod-openapi";
import { DatasetInfo, DatasetQuery } from "@tidewatch/core/dataset/dataset";
import { pageOf } from "./paging.ts";

const HASH = "3f0c9d5c7f0f4f3a8b4e5d6c7b8a99001122334455667788990011223344aabb";

export const DatasetDocument = DatasetInfo.clone().openapi("Dataset", {
  example: {
    ...{ hash: HASH, detector: "web", fromMs: 1_763_632_800_000, toMs: 1_766_052_000_000, series: 12, rows: 40_320 },
    ...{ excluded: { "open incident": 35 }, labels: { anomalous: 4, normal: 0 }, bytes: 991_244 },
    createdAtMs: 1_766_052_030_000,
  },
});
export type DatasetDocument = z.output<typeof DatasetDocument>;
export const DatasetPage = pageOf(DatasetDocument).openapi("DatasetPage");

export const FullDataset = z
  .object({ info: DatasetDocument, query: DatasetQuery.clone().openapi({ description: "What it was made for." }) })
  .openapi("FullDataset");
export type FullDataset = z.output<typeof FullDataset>;

export const DatasetPath = z.object({
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "a dataset's hash is 64 hex digits")
    .openapi({ param: { name: "hash", in: "path" }, example: HASH }),
});

const time = z.int().min(0);
export const NewDataset = z
  .strictObject({
    detector: z.string().min(1).max(63),
    fromMs: time.optional().describe("Inclusive; absent: the detector's `retraining.trainingDays` before the end."),
    toMs: time.optional().describe("Exclusive; absent: just behind the newest row of the detector."),
    maxRows: z.int().min(1).max(10_000_000).optional().describe("Absent: the detector's `retraining.budget.rows`."),
    keepOpenIncidents: z
      .boolean()
      .optional()
      .describe("Whether to learn from what is open as well: from a new regime."),
  })
  .refine(({ fromMs, toMs }) => fromMs === undefined || toMs === undefined || fromMs < toMs, {
    path: ["toMs"],
    message: "must be later than fromMs",
  })
  .openapi("NewDataset", { example: { detector: "web" } });
