import { z } from "@hono/zod-openapi";
import { WORKFLOW_STEPS, WorkflowRun } from "@tidewatch/core/train/workflow/workflow";
import { pageOf } from "./paging.ts";

const T0 = 1_763_632_800_000;
const example: WorkflowRun = {
  ...{ id: "001763632800000-1f0c9a2b", detector: "web", state: "waiting" },
  trigger: { kind: "drift", id: "version 3, since 2025-11-20T04:00:00.000Z", by: "schedule", sinceMs: T0 - 21_600_000 },
  ...{ startedAtMs: T0, updatedAtMs: T0 + 40_000, spentMs: 9_000, notBeforeMs: T0 + 70_000 },
  steps: WORKFLOW_STEPS.map((name, place) => {
    if (place > 4) return { name, state: "pending", attempts: 0, text: "" };
    const state = place < 4 ? "done" : "waiting";
    const times = { startedAtMs: T0 + place * 10_000, ...(place < 4 && { endedAtMs: T0 + (place + 1) * 10_000 }) };
    const text = place < 4 ? "" : "6.0 of 24 hours of event time, 720 rows";
    return { name, state, attempts: 1, ...times, progress: place < 4 ? 1 : 0.25, text };
  }),
  ...{ datasetHash: "9c1e".repeat(16), candidateRuns: ["0f".repeat(16)], version: 4, championBefore: 3 },
};

export const Workflow = WorkflowRun.clone().openapi("Workflow", { example });
export type Workflow = WorkflowRun;

export const WorkflowPage = pageOf(Workflow).openapi("WorkflowPage");

export const NewWorkflow = z
  .strictObject({
    detector: z.string().openapi({ description: "Its model family must be one that is trained.", example: "web" }),
    trigger: z
      .string()
      .min(1)
      .max(150)
      .optional()
      .openapi({ description: "Names the wish: the same one again starts nothing. Default: each request is one." }),
  })
  .openapi("NewWorkflow", { example: { detector: "web" } });

export const WorkflowWish = z
  .strictObject({ reason: z.string().max(500).optional() })
  .openapi("WorkflowWish", { example: { reason: "not before the migration" } });

export const WorkflowPath = z.object({
  detector: z.string().openapi({ param: { name: "detector", in: "path" }, example: "web" }),
  run: z.string().openapi({ param: { name: "run", in: "path" }, example: example.id }),
});
