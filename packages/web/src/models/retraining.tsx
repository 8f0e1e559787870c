import type { WorkflowRun } from "../api/shapes.ts";
import { dateTime } from "../format/time.ts";
import { GateTable } from "./gate-table.tsx";
import { isUnderWay, runTag, triggerText } from "./run-words.ts";
import { WorkflowSteps } from "./workflow-steps.tsx";

/** The retraining that is under way, or the last one: its steps, what the gate said, and what it came to. */
export const Retraining = ({ run }: { run: WorkflowRun }) => {
  const open = isUnderWay(run);
  return (
    <>
      <div className="part-head">
        <h4>{open ? "Retraining" : "Last retraining"}</h4>
        <RunTag run={run} />
        <span className="hint">
          {dateTime(run.startedAtMs)}, {triggerText(run.trigger)}
          {run.version !== undefined && `; version ${run.version}`}
        </span>
      </div>
      {run.outcome && <p>{run.outcome.reason}</p>}
      {open ? (
        <WorkflowSteps of={run} />
      ) : (
        <details>
          <summary>Its steps</summary>
          <WorkflowSteps of={run} />
        </details>
      )}
      {run.decision && (
        <details open={run.state === "approval"}>
          <summary>What the gate said</summary>
          <GateTable decision={run.decision} told={run.outcome?.reason} />
        </details>
      )}
    </>
  );
};

export const RunTag = ({ run }: { run: Pick<WorkflowRun, "state" | "outcome"> }) => {
  const { className, text } = runTag(run);
  return <span className={className}>{text}</span>;
};
