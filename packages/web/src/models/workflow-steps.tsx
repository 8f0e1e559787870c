import type { WorkflowRun } from "../api/shapes.ts";
import { percent } from "../format/number.ts";
import { duration } from "../format/time.ts";
import { isUnderWay, stepName, stepState } from "./run-words.ts";

type Step = WorkflowRun["steps"][number];

/** The steps in order, each with a sign of its own form, its state in a word, and what came of it. */
export const WorkflowSteps = ({ of: run }: { of: WorkflowRun }) => (
  <ol className="steps">
    {run.steps.map((step) => (
      <li key={step.name} className="step" data-state={step.state} {...(isAt(step) && { "aria-current": "step" })}>
        <StepSign state={step.state} />
        <b>{stepName(step.name)}</b> <span className="step-state">{stateText(step, isUnderWay(run))}</span>
        {step.progress !== undefined && isAt(step) && <StepProgress name={step.name} progress={step.progress} />}
        {step.text && <small>{step.text}</small>}
      </li>
    ))}
  </ol>
);

const isAt = ({ state }: Step): boolean => state === "running" || state === "waiting";

const stateText = ({ state, startedAtMs, endedAtMs, attempts }: Step, isOpen: boolean): string => {
  if (state === "pending" && !isOpen) return "not reached";
  const took = startedAtMs !== undefined && endedAtMs !== undefined ? `, ${duration(endedAtMs - startedAtMs)}` : "";
  const tries = attempts > 1 ? `, ${attempts} attempts` : "";
  return `${stepState(state)}${state === "done" ? took : ""}${tries}`;
};

const StepProgress = ({ name, progress }: { name: Step["name"]; progress: number }) => (
  <span className="step-progress">
    <progress max={1} value={progress} aria-label={`Progress of ${stepName(name)}`} />
    {percent(Math.floor(100 * progress) / 100)}
  </span>
);

const SIGNS: Record<Step["state"], string> = {
  pending: "",
  running: "M8 4.5v3.5l2.5 1.5",
  waiting: "M6.2 5.5v5M9.8 5.5v5",
  done: "M4.8 8.3l2.2 2.2 4.2-4.8",
  skipped: "M5 8h6",
  failed: "M5.5 5.5l5 5M10.5 5.5l-5 5",
};

const StepSign = ({ state }: { state: Step["state"] }) => (
  <svg className="step-sign" viewBox="0 0 16 16" width={18} height={18} aria-hidden="true">
    <circle cx="8" cy="8" r="7" />
    <path d={SIGNS[state]} />
  </svg>
);
