import { DriftPolicy, RetrainingPolicy } from "@tidewatch/core/policy";
import { WORKFLOW_STEPS } from "@tidewatch/core/train/workflow/workflow";
import { ASSUMED, DEPLOYMENT } from "./deployment.ts";
import type { MeasuredDetector } from "./measured-detectors.ts";
import { HOURS_PER_MONTH, type Workload } from "./workload.ts";

/** What keeps the models right, in a month: by the clock, and by retrainings with the default policy. */
export type LearningFlow = {
  driftRuns: number;
  shadowRuns: number;
  compactRuns: number;
  reportRuns: number;
  startRuns: number;
  /** Series that a drift check reads, of all detectors. */
  driftSeries: number;
  retrainings: number;
  /** Calls of the function for steps: each step, and looks at what a step waits for. */
  stepCalls: number;
  /** Of the state machine. */
  transitions: number;
  /** Series × runs of the shadow scorer while there is a challenger. */
  shadowed: number;
};

/** As a check takes them (core/src/drift/series.ts). */
const MOST_SERIES = 200;
/** Choice, wait, choice, task. */
const TRANSITIONS_PER_LOOK = 4;
/** Task and choice; one to the end. */
const TRANSITIONS_PER_STEP = 2;

export const learningFlow = ({ detectors, entities }: Workload, { learntBytes }: MeasuredDetector): LearningFlow => {
  const { shadowRunsPerHour, retrainStartRunsPerHour, lookSeconds } = DEPLOYMENT;
  const { shadowHours, watchHours } = RetrainingPolicy.parse({});
  // What learns row by row is never trained.
  const retrainings = learntBytes > 0 ? 0 : detectors * ASSUMED.retrainingsPerDetector;
  const looks = (retrainings * (shadowHours + watchHours) * 3600) / lookSeconds;
  const steps = retrainings * WORKFLOW_STEPS.length;
  return {
    driftRuns: HOURS_PER_MONTH,
    compactRuns: HOURS_PER_MONTH,
    reportRuns: HOURS_PER_MONTH,
    shadowRuns: shadowRunsPerHour * HOURS_PER_MONTH,
    startRuns: retrainStartRunsPerHour * HOURS_PER_MONTH,
    driftSeries: DriftPolicy.parse({}).enabled ? detectors * Math.min(entities, MOST_SERIES) : 0,
    retrainings,
    stepCalls: steps + looks,
    transitions: steps * TRANSITIONS_PER_STEP + retrainings + looks * TRANSITIONS_PER_LOOK,
    shadowed: retrainings * shadowHours * shadowRunsPerHour * entities,
  };
};
