import { z } from "zod";
import { GateDecision } from "../../promote/decision.ts";

/** The steps of a retraining, in order. One list serves the local run and the state machine. */
export const WORKFLOW_STEPS = [
  "snapshot",
  "fit",
  "evaluate",
  "register",
  "shadow",
  "gate",
  "promote",
  "watch",
] as const;
export const WorkflowStepName = z.enum(WORKFLOW_STEPS);
export type WorkflowStepName = z.output<typeof WorkflowStepName>;

export const WorkflowTrigger = z.strictObject({
  kind: z.enum(["drift", "schedule", "incident", "api", "cli", "first"]),
  /** Names the cause: a repeat of the same trigger starts nothing. */
  id: z.string().max(200),
  by: z.string().max(200),
});
export type WorkflowTrigger = z.output<typeof WorkflowTrigger>;

const Step = z.strictObject({
  name: WorkflowStepName,
  state: z.enum(["pending", "running", "waiting", "done", "skipped", "failed"]),
  startedAtMs: z.int().optional(),
  endedAtMs: z.int().optional(),
  attempts: z.int(),
  /** 0 to 1, where a step knows. */
  progress: z.number().min(0).max(1).optional(),
  /** What came of it, or what it waits for, in a sentence. */
  text: z.string(),
});

/** A retraining of a detector, as it is stored after each step and shown while it runs. */
export const WorkflowRun = z.strictObject({
  id: z.string(),
  detector: z.string(),
  trigger: WorkflowTrigger,
  state: z.enum(["running", "waiting", "approval", "done", "failed", "cancelled"]),
  /** What it came to: `promoted`, `rejected`, `rolled-back`, …, with the reason; absent while it is under way. */
  outcome: z
    .strictObject({
      kind: z.enum(["promoted", "rejected", "shadowed", "rolled-back", "failed", "cancelled"]),
      reason: z.string(),
    })
    .optional(),
  startedAtMs: z.int(),
  updatedAtMs: z.int(),
  steps: z.array(Step),
  datasetHash: z.string().optional(),
  /** Runs of the tracking store, one per candidate; the best one first after `evaluate`. */
  candidateRuns: z.array(z.string()).default([]),
  version: z.int().positive().optional(),
  championBefore: z.int().positive().nullable().default(null),
  decision: GateDecision.optional(),
});
export type WorkflowRun = z.output<typeof WorkflowRun>;
