import type { DatasetQuery, Datasets } from "../../dataset/dataset.ts";
import type { Detector } from "../../detector.ts";
import type { GateDecision } from "../../promote/decision.ts";
import type { ShadowProgress } from "../../promote/shadow.ts";
import type { WatchReport } from "../../promote/watch.ts";
import type { AliasCause } from "../../register/aliases.ts";
import type { TrainPorts } from "../run.ts";
import type { WorkflowRun, WorkflowStep, WorkflowStepName, WorkflowTrigger } from "./workflow.ts";

/** What the steps after the training ask the other stages; see `comparison.ts`. */
export type Comparison = {
  /** Begins to try a version in shadow. */
  startShadow(run: WorkflowRun, nowMs: number, cause: AliasCause): Promise<void>;
  shadowProgress(detector: Detector, version: number): Promise<ShadowProgress>;
  decide(detector: Detector, run: WorkflowRun): Promise<GateDecision>;
  /** Rolls back by itself. */
  watchPromotion(detector: Detector, version: number): Promise<Pick<WatchReport, "state" | "progress" | "reason">>;
};

export type WorkflowPorts = TrainPorts & {
  datasets: Datasets;
  /** What a detector learns from, up to now. */
  datasetQuery(detector: Detector, trigger: WorkflowTrigger): Promise<DatasetQuery>;
  comparison: Comparison;
  /** Of this program, for the runs that candidates are logged as. */
  codeVersion: string;
  /** Names who runs the steps: what it left half done, it may take up again at once. Another one waits for the lease. */
  runner: string;
  /** Between two looks at what a step waits for. */
  pollSeconds: number;
};

/** What a step adds to the document of its run. */
type Patch = Partial<
  Pick<WorkflowRun, "datasetHash" | "candidateRuns" | "version" | "championBefore" | "revisions" | "decision">
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
