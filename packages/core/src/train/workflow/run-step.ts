import { AppError } from "../../errors.ts";
import { putRun, readRun, type StoredRun } from "./runs.ts";
import { settle } from "./settle.ts";
import type { StepResult, StepWorks, WorkflowPorts } from "./step.ts";
import { STEP_WORKS } from "./steps.ts";
import { isEnded, isLearning, presentStep, type WorkflowRun, type WorkflowStep } from "./workflow.ts";

/** A function's longest run: what is claimed for longer has lost its runner. */
const LEASE_MS = 15 * 60_000;
/** Starts of a step that give no answer, or fail for a reason that may pass. */
const ATTEMPTS_MAX = 5;
const BACK_OFF_MS = 10_000;
const BACK_OFF_FACTOR = 4;
/** A person's answer comes when it comes. */
const APPROVAL_LOOK_MS = 60_000;

/** What a runner does next with a run: another step, a look after some time, or nothing ever again. */
export type Next = { kind: "step" } | { kind: "wait"; untilMs: number } | { kind: "done" };

/** @param runner who asks: its own lease does not keep it waiting */
export const nextOf = (run: WorkflowRun, nowMs: number, runner: string): Next => {
  if (isEnded(run)) return { kind: "done" };
  if (run.state === "approval") return { kind: "wait", untilMs: nowMs + APPROVAL_LOOK_MS };
  const leasedUntilMs = run.lease && run.lease.by !== runner ? run.lease.untilMs : 0;
  const untilMs = Math.max(run.notBeforeMs ?? 0, leasedUntilMs);
  return untilMs > nowMs ? { kind: "wait", untilMs } : { kind: "step" };
};

/**
 * Does the step that a run is at, or a part of it, or looks at what it waits for; nothing while it is another runner's turn, a
 * person's, or too early. Whatever it is killed in, and however often it is called, the run comes to the same end.
 * @returns the run as it is then; `nextOf` says how it goes on
 * @throws AppError NOT_FOUND, and what the stores throw; the next call continues
 */
export const runStep = async (
  ports: WorkflowPorts,
  detectorId: string,
  runId: string,
  works: StepWorks = STEP_WORKS,
): Promise<WorkflowRun> => {
  const stored = await readRun(ports.table, detectorId, runId);
  if (isEnded(stored.run)) {
    await settle(ports, stored.run);
    return stored.run;
  }
  if (nextOf(stored.run, ports.clock(), ports.runner).kind !== "step") return stored.run;
  const before = presentStep(stored.run)!;
  if (before.attempts >= ATTEMPTS_MAX) {
    const why = before.text && ` The last thing known of it: ${before.text}`;
    return await finish(ports, stored, failed(before, `it was started ${ATTEMPTS_MAX} times without an end.${why}`));
  }
  const claimed = claim(stored.run, before, ports);
  const version = await write(ports, { run: claimed, version: stored.version });
  if (version === undefined) return await overtaken(ports, claimed);
  const step = presentStep(claimed) as WorkflowStep & { startedAtMs: number };
  const result = await works[step.name]({ ports, run: claimed, step }).catch((error: unknown) => error as Error);
  const mine = { run: claimed, version };
  return await finish(
    ports,
    mine,
    result instanceof Error ? failure(step, result, ports) : answered(step, result, ports),
  );
};

type Change = (run: WorkflowRun) => WorkflowRun;

const claim = (run: WorkflowRun, step: WorkflowStep, { clock, runner }: WorkflowPorts): WorkflowRun => {
  const nowMs = clock();
  const { notBeforeMs: _, ...rest } = run;
  return {
    ...withStep(rest, {
      ...step,
      ...{ state: "running", startedAtMs: step.startedAtMs ?? nowMs, attempts: step.attempts + 1 },
    }),
    ...{ state: "running", updatedAtMs: nowMs, lease: { by: runner, untilMs: nowMs + LEASE_MS } },
  };
};

const answered = (step: WorkflowStep, result: StepResult, { clock, pollSeconds }: WorkflowPorts): Change => {
  const nowMs = clock();
  const { text } = result;
  const patched = (run: WorkflowRun, changes: Partial<WorkflowStep>): WorkflowRun =>
    withStep({ ...run, ...result.patch }, { ...step, text, ...changes });
  const ended = { attempts: step.attempts, endedAtMs: nowMs, progress: 1 };
  switch (result.kind) {
    case "done":
    case "skipped":
      return (run) => closed(patched(run, { ...ended, state: result.kind as "done" | "skipped" }));
    case "person":
      return (run) => ({ ...patched(run, { ...ended, state: "done" }), state: "approval" });
    case "more":
      return (run) => patched(run, { attempts: 0, progress: result.progress });
    case "wait": {
      const waiting: Partial<WorkflowStep> = { attempts: 0, state: "waiting" };
      if (result.progress !== undefined) waiting.progress = result.progress;
      return (run) => ({ ...patched(run, waiting), state: "waiting", notBeforeMs: nowMs + pollSeconds * 1000 });
    }
    case "end": {
      const state = result.outcome.kind === "failed" ? "failed" : "done";
      return (run) => withEnd(patched(run, { ...ended, state }), result.outcome);
    }
  }
};

/** A run that has no step left came to what it wanted. */
const closed = (run: WorkflowRun): WorkflowRun =>
  presentStep(run) ? run : withEnd(run, { kind: "promoted", reason: `version ${run.version} is in use` });

/** What asking again would not change ends the run at once. */
const failure = (step: WorkflowStep, error: Error, { clock }: WorkflowPorts): Change => {
  const isLasting = error instanceof AppError && error.code !== "UNAVAILABLE" && error.code !== "INTERNAL";
  if (isLasting || step.attempts >= ATTEMPTS_MAX) return failed(step, error.message);
  const text = `attempt ${step.attempts} of ${ATTEMPTS_MAX} failed: ${error.message}`;
  const notBeforeMs = clock() + BACK_OFF_MS * BACK_OFF_FACTOR ** (step.attempts - 1);
  return (run) => ({ ...withStep(run, { ...step, state: "waiting", text }), state: "waiting", notBeforeMs });
};

const failed =
  (step: WorkflowStep, reason: string): Change =>
  (run) =>
    withEnd(withStep(run, { ...step, state: "failed", text: reason }), {
      kind: "failed",
      reason: `${step.name}: ${reason}`,
    });

/** Of a run that was cancelled, or given up. */
export const withEnd = (run: WorkflowRun, outcome: NonNullable<WorkflowRun["outcome"]>): WorkflowRun => {
  const state = outcome.kind === "failed" || outcome.kind === "cancelled" ? outcome.kind : "done";
  const { notBeforeMs: _, lease: __, ...rest } = run;
  return { ...rest, state, outcome };
};

const withStep = (run: WorkflowRun, step: WorkflowStep): WorkflowRun => ({
  ...run,
  steps: run.steps.map((one) => (one.name === step.name ? step : one)),
});

/** Writes what a step came to, gives the lease back, and clears up behind a run that has ended. */
const finish = async (ports: WorkflowPorts, { run, version }: StoredRun, change: Change): Promise<WorkflowRun> => {
  const nowMs = ports.clock();
  const { lease: _, ...free } = change(run);
  const step = presentStep(run);
  const isWork = step?.state === "running" && isLearning(step);
  const spentMs = run.spentMs + (isWork ? Math.max(0, nowMs - run.updatedAtMs) : 0);
  const next = { ...free, spentMs, updatedAtMs: nowMs };
  if ((await write(ports, { run: next, version })) === undefined) return await overtaken(ports, next);
  if (isEnded(next)) await settle(ports, next);
  return next;
};

/** The version that was written; `undefined` when somebody else has changed the run. */
const write = async ({ table }: WorkflowPorts, { run, version }: StoredRun): Promise<number | undefined> =>
  (await putRun(table, run, version)) ? version + 1 : undefined;

/** Somebody else went on with the run, or ended it: what this one did in the meantime is cleared up with the rest. */
const overtaken = async (ports: WorkflowPorts, { detector, id, version }: WorkflowRun): Promise<WorkflowRun> => {
  const { run } = await readRun(ports.table, detector, id);
  if (isEnded(run)) await settle(ports, version === undefined ? run : { ...run, version });
  return run;
};
