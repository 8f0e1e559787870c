import { evaluate, fit, register, snapshot } from "./learn-steps.ts";
import { gate, promote, shadow, watch } from "./live-steps.ts";
import type { StepWorks } from "./step.ts";

/** What each step does; `WORKFLOW_STEPS` is their order. */
export const STEP_WORKS: StepWorks = { snapshot, fit, evaluate, register, shadow, gate, promote, watch };
