import { AppError } from "@tidewatch/core/errors";
import { putRun, readRun } from "@tidewatch/core/train/workflow/runs";
import { startWorkflow } from "@tidewatch/core/train/workflow/start";
import type { WorkflowStepName } from "@tidewatch/core/train/workflow/workflow";
import { expect, test } from "vitest";
import { scene, trigger } from "../../../../test/support/workflows.ts";
import { threadSteps } from "./thread-steps.ts";

const GRACE_MS = 15_000;
const LOOK_MS = 15 * 60_000;
/** Of the policy that a detector has by default. */
const BUDGET_MS = 900_000;

/** A run that is at a step, and has spent so much; and how long a thread may take for it. */
const limitAt = async (at: WorkflowStepName, spentMs: number) => {
  const { ports, table } = await scene();
  const { run } = await startWorkflow(ports, "host", trigger());
  const place = run.steps.findIndex(({ name }) => name === at);
  const steps = run.steps.map((step, index) => (index < place ? { ...step, state: "done" as const } : step));
  const now = { ...run, steps, spentMs };
  await putRun(table, now, (await readRun(table, "host", run.id)).version);
  let limit = { ms: -1, what: "" };
  const step = threadSteps(ports, {
    step: async (_detector, _order, given) => {
      limit = given;
      if (at === "fit") throw new AppError("TOO_LARGE", given.what);
      return now;
    },
  });
  return { answer: await step(now), limit };
};

test("a step of the training has what is left of the budget, later ones as long as a runner may hold a step", async () => {
  expect((await limitAt("register", 600_000)).limit.ms).toBe(BUDGET_MS - 600_000 + GRACE_MS);
  expect((await limitAt("register", 2 * BUDGET_MS)).limit.ms).toBe(GRACE_MS);
  for (const at of ["shadow", "gate", "watch"] as const) {
    expect((await limitAt(at, 2 * BUDGET_MS)).limit.ms).toBe(LOOK_MS + GRACE_MS);
  }
});

test("a run whose budget is used up has failed, and says what to do", async () => {
  const { answer } = await limitAt("fit", BUDGET_MS);
  expect(answer).toMatchObject({ state: "failed", outcome: { reason: /longer than its budget of 900 s: raise/ } });
});
