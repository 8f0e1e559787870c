import { AppError } from "../../errors.ts";
import { endShadow } from "../../promote/shadow.ts";
import { type AliasCause, aliasOf, aliasRevision } from "../../register/aliases.ts";
import { promote as moveChampion } from "../../register/models.ts";
import { checkVersionFits } from "../../register/promote-version.ts";
import { workflowName } from "./settle.ts";
import { retrainable } from "./start.ts";
import type { StepContext, StepResult, StepWork } from "./step.ts";
import type { WorkflowRun } from "./workflow.ts";

const HOUR_MS = 3_600_000;
/** A stream that brings less than a part of the event time in so much real time, and days, has dried up. */
const PATIENCE_FACTOR = 3;
const PATIENCE_HOURS = 7 * 24;

/** Lets the new version score beside the champion until it has seen enough. */
export const shadow: StepWork = async (context) => {
  const { ports, run, step } = context;
  if (run.championBefore === null) return { kind: "skipped", text: "no model is live that it could be compared with" };
  const detector = await retrainable(ports.table, run.detector);
  await makeChallenger(context);
  const { shadowHours } = detector.retraining;
  if (shadowHours === 0) return { kind: "skipped", text: "the detector wants none" };
  const { rows, hours, done } = await ports.comparison.shadowProgress(detector, run.version!);
  const soFar = `${hours.toFixed(1)} of ${shadowHours} hours of event time, ${rows} rows`;
  if (done) return { kind: "done", text: soFar };
  const patienceMs = (PATIENCE_FACTOR * shadowHours + PATIENCE_HOURS) * HOUR_MS;
  if (ports.clock() - step.startedAtMs > patienceMs) {
    throw new AppError("CONFLICT", `the stream brought too little to compare the models on: ${soFar}`);
  }
  return { kind: "wait", text: soFar, progress: Math.min(1, Math.max(0, hours / shadowHours)) };
};

/** Once: who moves the alias afterwards is not overruled. */
const makeChallenger = async ({ ports, run, step }: StepContext): Promise<void> => {
  const { challenger: revision } = run.revisions!;
  if ((await aliasRevision(ports, run.detector, "challenger")) !== revision) return;
  const cause = { by: workflowName(run), reason: `retrained: ${run.trigger.kind} ${run.trigger.id}` };
  await ports.comparison.startShadow(run, step.startedAtMs, cause).catch(conflict);
};

/** Another runner, or a person, was quicker. */
const conflict = (error: unknown): void => {
  if (!(error instanceof AppError && error.code === "CONFLICT")) throw error;
};

/** Compares both models on the same rows; then the detector's policy says who has the last word. */
export const gate: StepWork = async ({ ports, run }) => {
  const { detector: id, version } = run;
  if (run.championBefore === null) return { kind: "skipped", text: "there is nothing to compare it with" };
  const detector = await retrainable(ports.table, id);
  const decision = await ports.comparison.decide(detector, run);
  const { reason } = decision;
  const patch = { decision };
  if (decision.outcome === "reject") {
    return { kind: "end", text: reason, patch, outcome: { kind: "rejected", reason } };
  }
  const { promotion } = detector.retraining;
  if (promotion === "shadow-only") {
    const why = `version ${version} passed the gate and goes on in shadow, as the detector's policy wants: ${reason}`;
    return { kind: "end", text: reason, patch, outcome: { kind: "shadowed", reason: why } };
  }
  return { kind: promotion === "approve" ? "person" : "done", text: reason, patch };
};

/** Makes the version champion, unless somebody else has moved that alias since the versions were compared. */
export const promote: StepWork = async ({ ports, run, step }) => {
  const { detector, version } = run;
  const revision = await aliasRevision(ports, detector, "champion");
  if (revision === run.revisions!.champion) {
    await checkVersionFits(ports, detector, version!);
    await moveChampion(ports, detector, version!, step.startedAtMs, causeOf(run), revision).catch(conflict);
  }
  const champion = await aliasOf(ports, detector, "champion");
  if (champion?.version !== version) return movedByOther(run, champion?.version);
  const cause = { by: workflowName(run), reason: "it is in use" };
  await endShadow(ports, detector, version!, step.startedAtMs, cause).catch(conflict);
  return { kind: "done", text: `version ${version} is in use` };
};

const movedByOther = ({ championBefore }: WorkflowRun, version: number | undefined): StepResult => {
  const reason = `meanwhile somebody else put version ${version} in the place of ${championBefore}`;
  return { kind: "end", text: reason, outcome: { kind: "rejected", reason } };
};

const causeOf = (run: WorkflowRun): AliasCause => ({
  by: run.approvedBy ?? workflowName(run),
  reason: run.decision?.reason ?? "the first model of its detector",
  evidence: {
    ...{ workflow: run.id, trigger: run.trigger, datasetHash: run.datasetHash, run: run.candidateRuns[0] },
    ...(run.decision && { decision: run.decision }),
  },
});

/** Sees whether the promoted model keeps its bands; who watches takes it back if not. */
export const watch: StepWork = async ({ ports, run }) => {
  const { detector: id, version } = run;
  if (run.championBefore === null) return { kind: "skipped", text: "there is no model before it to go back to" };
  const detector = await retrainable(ports.table, id);
  if (detector.retraining.watchHours === 0) return { kind: "skipped", text: "the detector wants none" };
  const { state, progress, reason } = await ports.comparison.watchPromotion(detector, version!);
  if (state === "watching") return { kind: "wait", progress, text: reason };
  if (state === "kept") return { kind: "done", text: reason };
  const live = await aliasOf(ports, id, "champion");
  const isBack = state === "rolled-back" || live?.version === run.championBefore;
  const why =
    state === "replaced" && isBack ? `${live?.by} put version ${live?.version} back: ${live?.reason}` : reason;
  return { kind: "end", text: why, outcome: { kind: isBack ? "rolled-back" : "promoted", reason: why } };
};
