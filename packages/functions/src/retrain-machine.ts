import { shortHash } from "@tidewatch/core/feature/hash";
import { WORKFLOW_STEPS, type WorkflowLock } from "@tidewatch/core/train/workflow/workflow";

/**
 * A retraining as a state machine of Step Functions: a state for each of `WORKFLOW_STEPS`, by the same list that a local run goes
 * by. The run's document in the table says where it is; a state calls `runStep` and goes where the answer says. So an execution
 * may be started, killed and started again at any state: https://states-language.net
 */

/** What goes from state to state, and what the function for a step answers. */
export type MachineState = {
  detector: string;
  run: string;
  /** The step that the run is at; the last one of a run that has ended. */
  step: (typeof WORKFLOW_STEPS)[number];
  /** `left`: a newer execution goes on with it. */
  state: "open" | "left" | "ended" | "failed";
  /** To wait before the next look; 0: at once. */
  seconds: number;
  /** Key of a plan: trees of a large forest, which many functions grow before the step goes on. */
  trees?: string;
};

/** What the function for a step is given besides. */
export type MachineOrder = Pick<MachineState, "detector" | "run"> & {
  /** Name of the execution: it takes up at once what it left half done, another one waits. */
  execution: string;
  /** What the state machine could not repair by trying again, as Step Functions tells it. */
  failure?: { Error: string; Cause: string };
};

const DAY_MS = 86_400_000;
/**
 * An execution goes on for a day of its run; a longer run goes on in another one. So what an execution fails to end is taken up
 * again a day later at most, and none comes near the 25,000 events that one may have (a look has eight, a day 288 looks).
 */
export const executionName = (lock: Pick<WorkflowLock, "id" | "detector" | "startedAtMs">, nowMs: number): string => {
  const day = Math.floor((nowMs - lock.startedAtMs) / DAY_MS);
  return `${lock.id}-${shortHash(lock.detector).slice(0, 12)}-${day}`;
};
/** Beyond the day, for the state that is at work when it ends. */
const EXECUTION_SECONDS = 86_400 + 3600;

/** Between two looks at what a run waits for: nobody waits for it by the minute, and each look is paid for. */
export const LOOK_SECONDS = 300;

/** Trouble of AWS passes: together they wait for an hour. What a step itself fails in, `runStep` counts and decides. */
const RETRY = [
  {
    ErrorEquals: ["States.ALL"],
    ...{ IntervalSeconds: 30, MaxAttempts: 5, BackoffRate: 3, JitterStrategy: "FULL" },
  },
];

/** The longest run of the function, and its start. */
export const STEP_TIMEOUT_SECONDS = 900;

/** Functions at once: a tenth of what an account has. */
const TREES_AT_ONCE = 100;

/** @param resources ARNs of the functions that do steps and grow trees, and the bucket of plans */
export const retrainMachine = ({ step: resource, trees, bucket }: { step: string; trees: string; bucket: string }) => {
  const task = { Type: "Task", Resource: resource, TimeoutSeconds: STEP_TIMEOUT_SECONDS + 30, Retry: RETRY };
  const order = { "detector.$": "$.detector", "run.$": "$.run", "execution.$": "$$.Execution.Name" };
  const givesUp = [{ ErrorEquals: ["States.ALL"], ResultPath: "$.failure", Next: "give-up" }];
  const steps = WORKFLOW_STEPS.map((step) => [step, { ...task, Parameters: order, Catch: givesUp, Next: "next" }]);
  const toSteps = WORKFLOW_STEPS.map((step) => ({ Variable: "$.step", StringEquals: step, Next: step }));
  const toState = (state: MachineState["state"], Next: string) => ({ Variable: "$.state", StringEquals: state, Next });
  return {
    Comment: "Retrains a detector: the run's document says where it is, and each state takes it one step on.",
    StartAt: "next",
    TimeoutSeconds: EXECUTION_SECONDS,
    States: {
      next: {
        Type: "Choice",
        Choices: [
          { Variable: "$.trees", IsPresent: true, Next: "trees" },
          toState("ended", "ended"),
          toState("failed", "failed"),
          toState("left", "left"),
          { Variable: "$.seconds", NumericGreaterThan: 0, Next: "wait" },
          ...toSteps,
        ],
      },
      wait: { Type: "Wait", SecondsPath: "$.seconds", Next: "go-on" },
      "go-on": { Type: "Choice", Choices: toSteps },
      ...Object.fromEntries(steps),
      trees: {
        Type: "Map",
        ItemReader: {
          Resource: "arn:aws:states:::s3:getObject",
          ReaderConfig: { InputType: "JSON" },
          Parameters: { Bucket: bucket, "Key.$": "$.trees" },
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          StartAt: "grow",
          States: { grow: { ...task, Resource: trees, End: true } },
        },
        MaxConcurrency: TREES_AT_ONCE,
        // What a piece came to is in the bucket.
        ResultPath: null,
        ToleratedFailurePercentage: 0,
        Catch: givesUp,
        Next: "go-on",
      },
      "give-up": { ...task, Parameters: { ...order, "failure.$": "$.failure" }, Next: "next" },
      ended: { Type: "Succeed" },
      left: { Type: "Succeed" },
      failed: { Type: "Fail", Error: "Failed", Cause: "The run's outcome says why: tidewatch workflows show" },
    },
  };
};
