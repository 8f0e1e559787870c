import { presentStep } from "@tidewatch/core/train/workflow/workflow";
import type { Workflow } from "@tidewatch/functions/api/schemas/workflows";
import { printable } from "../output/printable.ts";
import { fitted, table } from "../output/table.ts";

export const workflowTable = (runs: readonly Workflow[]): string =>
  fitted(
    table(
      ["detector", "run", "begun", "by", "state", ""],
      runs.map((run) => [
        ...[run.detector, run.id, timeOf(run.startedAtMs), run.trigger.kind, stateOf(run), printable(newsOf(run))],
      ]),
    ),
  );

/** All that is known of one: its steps as a table, what they came to below. */
export const workflowText = (run: Workflow): string => {
  const steps = table(
    ["step", "state", "took", "what came of it"],
    run.steps.map((step) => [
      ...[step.name, run.outcome && !isOver(step) ? "not done" : shareOf(step), tookOf(step), printable(step.text)],
    ]),
  );
  const head = `${run.detector} ${run.id}: ${stateOf(run)}, begun ${timeOf(run.startedAtMs)} by ${run.trigger.kind}`;
  // What is asked for by hand has a random id, which tells nobody anything.
  const cause = run.trigger.kind === "api" ? "asked for" : printable(run.trigger.id);
  const trigger = `trigger: ${cause} (${printable(run.trigger.by)})`;
  const facts = [
    run.datasetHash && `training set: ${run.datasetHash}`,
    run.version !== undefined && `version: ${run.version}${run.championBefore ? `, after ${run.championBefore}` : ""}`,
    ...rulesOf(run),
    run.outcome && `outcome: ${run.outcome.kind}: ${printable(run.outcome.reason)}`,
    run.state === "approval" &&
      `It waits for you: \`tidewatch workflows approve ${run.detector} ${run.id}\`, or reject.`,
  ].filter((fact) => typeof fact === "string");
  return [head, trigger, "", steps, "", ...facts].join("\n");
};

/** One line for each change of a run that somebody waits for. */
export const progressText = (run: Workflow): string => {
  const step = presentStep(run) ?? run.steps.at(-1)!;
  const text = step.text === "" ? "" : `: ${printable(step.text)}`;
  return `${step.name} ${shareOf(step)}${text}`;
};

const rulesOf = ({ decision }: Workflow): string[] =>
  decision?.rules.map(({ passed, text }) => `gate: ${passed ? "✓" : "✗"} ${printable(text)}`) ?? [];

const newsOf = (run: Workflow): string => {
  if (run.outcome) return run.outcome.reason;
  if (run.state !== "approval") return progressText(run);
  return `waits for \`tidewatch workflows approve ${run.detector}\`, or reject: ${run.decision?.reason ?? ""}`;
};

const stateOf = ({ state, outcome }: Workflow): string => outcome?.kind ?? state;

const isOver = ({ state }: Workflow["steps"][number]): boolean =>
  state === "done" || state === "skipped" || state === "failed";

const shareOf = (step: Workflow["steps"][number]): string =>
  step.progress === undefined || isOver(step) ? step.state : `${step.state} ${Math.round(step.progress * 100)} %`;

const tookOf = ({ startedAtMs, endedAtMs }: Workflow["steps"][number]): string =>
  startedAtMs === undefined || endedAtMs === undefined ? "" : `${((endedAtMs - startedAtMs) / 1000).toFixed(1)} s`;

const timeOf = (ms: number): string => new Date(ms).toISOString();
