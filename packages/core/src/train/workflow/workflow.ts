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
/** Those that a run's budget is for; the others only look at what goes on. */
const LEARNING_STEPS: readonly string[] = ["snapshot", "fit", "evaluate", "register"];
export const isLearning = ({ name }: { name: WorkflowStepName }): boolean => LEARNING_STEPS.includes(name);

export const WorkflowStepName = z.enum(WORKFLOW_STEPS);
export type WorkflowStepName = z.output<typeof WorkflowStepName>;

export const WorkflowTrigger = z.strictObject({
  kind: z.enum(["drift", "schedule", "incident", "api", "cli", "first"]),
  /** Names the cause: a repeat of the same trigger starts nothing. */
  id: z.string().max(200),
  by: z.string().max(200),
  /** Since when (event time) things are otherwise than the champion learnt, where that is what set it off. */
  sinceMs: z.int().min(0).optional(),
});
export type WorkflowTrigger = z.output<typeof WorkflowTrigger>;

export const WorkflowStep = z.strictObject({
  name: WorkflowStepName,
  state: z.enum(["pending", "running", "waiting", "done", "skipped", "failed"]),
  startedAtMs: z.int().optional(),
  endedAtMs: z.int().optional(),
  /** Starts without an answer, one after the other. */
  attempts: z.int(),
  /** 0 to 1, where a step knows. */
  progress: z.number().min(0).max(1).optional(),
  /** What came of it, or what it waits for, in a sentence. */
  text: z.string(),
});
export type WorkflowStep = z.output<typeof WorkflowStep>;

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
  steps: z.array(WorkflowStep),
  /** Who is at work on a step; another one takes it over only when this time has passed. */
  lease: z.strictObject({ by: z.string(), untilMs: z.int() }).optional(),
  /** Nothing is to do before: what it waits for is looked at then, or what failed is tried again. */
  notBeforeMs: z.int().optional(),
  /** Time of its budget that is used up. */
  spentMs: z.int().default(0),
  datasetHash: z.string().optional(),
  /** Runs of the tracking store, one per candidate; the best one first after `evaluate`. */
  candidateRuns: z.array(z.string()).default([]),
  version: z.int().positive().optional(),
  championBefore: z.int().positive().nullable().default(null),
  /** Moves that the aliases had made before: whoever else moves one meanwhile is not overruled. */
  revisions: z.strictObject({ champion: z.int(), challenger: z.int() }).optional(),
  decision: GateDecision.optional(),
  approvedBy: z.string().optional(),
});
export type WorkflowRun = z.output<typeof WorkflowRun>;

/** Who a detector's one open retraining is, with all that its document begins with. */
export const WorkflowLock = z.strictObject({
  id: z.string(),
  detector: z.string(),
  trigger: WorkflowTrigger,
  startedAtMs: z.int(),
});
export type WorkflowLock = z.output<typeof WorkflowLock>;

export const isEnded = ({ state }: Pick<WorkflowRun, "state">): boolean =>
  state === "done" || state === "failed" || state === "cancelled";

/** The first step that is not behind it; `undefined` when all are. */
export const presentStep = ({ steps }: Pick<WorkflowRun, "steps">): WorkflowStep | undefined =>
  steps.find(({ state }) => state !== "done" && state !== "skipped");
