import type { DatasetQuery, Datasets } from "../../dataset/dataset.ts";
import type { Detector } from "../../detector.ts";
import type { GateDecision } from "../../promote/decision.ts";
import type { TrainPorts } from "../run.ts";
import type { WorkflowRun, WorkflowStep, WorkflowStepName } from "./workflow.ts";

/** How far a challenger has come in shadow, of the event time that its detector asks for. */
export type ShadowProgress = { rows: number; hours: number; done: boolean };
/** What a promoted model has come to so far. */
export type WatchVerdict = "ok" | "waiting" | { rollBack: string };

export type WorkflowPorts = TrainPorts & {
  datasets: Datasets;
  /** What a detector learns from, up to now. */
  datasetQuery(detector: Detector): Promise<DatasetQuery>;
  /** Of this program, for the runs that candidates are logged as. */
  codeVersion: string;
  shadowProgress(detector: Detector, version: number): Promise<ShadowProgress>;
  decide(detector: Detector, version: number): Promise<GateDecision>;
  watchPromotion(detector: Detector, version: number): Promise<WatchVerdict>;
  /** Names who runs the steps: what it left half done, it may take up again at once. Another one waits for the lease. */
  runner: string;
  /** Between two looks at what a step waits for. */
  pollSeconds: number;
};

/** What a step adds to the document of its run. */
type Patch = Partial<
  Pick<
    WorkflowRun,
    "datasetHash" | "candidateRuns" | "version" | "championBefore" | "revisions" | "decision" | "rollBack"
  >
>;

/**
 * What came of a step: it is done, it goes on with its next part, it looks again later, it asks a person, or the whole run has
 * come to its end.
 */
export type StepResult = { text: string; patch?: Patch } & (
  | { kind: "done" | "skipped" | "person" }
  | { kind: "more"; progress: number }
  | { kind: "wait"; progress?: number }
  | { kind: "end"; outcome: NonNullable<WorkflowRun["outcome"]> }
);

export type StepContext = {
  ports: WorkflowPorts;
  run: WorkflowRun;
  /** As it was claimed: `startedAtMs` is when it was first begun, whatever happened since. */
  step: WorkflowStep & { startedAtMs: number };
};

/**
 * The work of a step. It may be cut off anywhere and done again, also by two at once: all that it writes is named after the run,
 * and is the same each time.
 */
export type StepWork = (context: StepContext) => Promise<StepResult>;
export type StepWorks = Record<WorkflowStepName, StepWork>;
