import type { WorkflowRun } from "../api/shapes.ts";

/** A retraining in words. */

type Step = WorkflowRun["steps"][number];

const STEP_NAMES: Record<Step["name"], string> = {
  snapshot: "Training set",
  fit: "Fit",
  evaluate: "Evaluate",
  register: "Register",
  shadow: "Shadow",
  gate: "Gate",
  promote: "Promote",
  watch: "Watch",
};
export const stepName = (name: Step["name"]): string => STEP_NAMES[name];

const STEP_STATES: Record<Step["state"], string> = {
  pending: "to come",
  running: "running",
  waiting: "waiting",
  done: "done",
  skipped: "left out",
  failed: "failed",
};
export const stepState = (state: Step["state"]): string => STEP_STATES[state];

const TRIGGERS: Record<WorkflowRun["trigger"]["kind"], string> = {
  drift: "because of drift",
  schedule: "by the calendar",
  incident: "because an incident stays open",
  api: "by request",
  cli: "by the command line",
  first: "for a first model",
};
/** Why it began, and who asked for it where somebody did. */
export const triggerText = ({ kind, by }: WorkflowRun["trigger"]): string =>
  (kind === "api" || kind === "cli") && by !== "" ? `${TRIGGERS[kind]} of ${by}` : TRIGGERS[kind];

type RunTag = { text: string; className: string };

const OUTCOMES: Record<NonNullable<WorkflowRun["outcome"]>["kind"], RunTag> = {
  promoted: { text: "promoted", className: "tag tag-good" },
  rejected: { text: "rejected", className: "tag" },
  shadowed: { text: "stays in shadow", className: "tag" },
  "rolled-back": { text: "rolled back", className: "tag tag-warm" },
  failed: { text: "failed", className: "tag tag-bad" },
  cancelled: { text: "cancelled", className: "tag" },
};
const STATES: Record<WorkflowRun["state"], RunTag> = {
  running: { text: "retraining", className: "tag tag-busy" },
  waiting: { text: "retraining, waits", className: "tag tag-busy" },
  approval: { text: "waits for approval", className: "tag tag-warm" },
  done: { text: "done", className: "tag" },
  failed: { text: "failed", className: "tag tag-bad" },
  cancelled: { text: "cancelled", className: "tag" },
};
/** How it stands, or what it came to. */
export const runTag = ({ state, outcome }: Pick<WorkflowRun, "state" | "outcome">): RunTag =>
  outcome ? OUTCOMES[outcome.kind] : STATES[state];

export const isUnderWay = ({ state }: Pick<WorkflowRun, "state">): boolean =>
  state === "running" || state === "waiting" || state === "approval";

/** Until its version is about to go live; then it is rolled back instead. */
export const isCancellable = (run: Pick<WorkflowRun, "state" | "steps">): boolean => {
  const live = run.steps.some(
    ({ name, state, startedAtMs }) =>
      (name === "promote" && state !== "pending" && state !== "skipped" && startedAtMs !== undefined) ||
      (name === "watch" && state !== "pending"),
  );
  return isUnderWay(run) && !live;
};
