import type { ExperimentDocument, RunDocument, RunSummary } from "@tidewatch/functions/api/schemas/runs";
import { printable } from "../output/printable.ts";
import { fitted, table } from "../output/table.ts";

/** Metrics of a run that a list shows: of retrainings first those that candidates are chosen by. */
const SHOWN_METRICS = 4;
const FIRST_METRICS = ["f1", "foundShare", "falseAlarmShare", "expectedFalseAlarmShare"];

const timeOf = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

export const experimentTable = (experiments: readonly ExperimentDocument[]): string =>
  table(
    ["experiment", "made", "id"],
    experiments.map(({ name, createdAtMs, id, stage }) => [
      ...[
        `${printable(name)}${stage === "deleted" ? " (deleted)" : ""}`,
        createdAtMs === 0 ? null : timeOf(createdAtMs),
        id,
      ],
    ]),
  );

export const runTable = (runs: readonly RunSummary[]): string =>
  fitted(
    table(
      ["run", "name", "status", "began", "took s", "metrics"],
      runs.map(({ id, name, status, startMs, endMs, metrics }) => [
        ...[id, printable(name), status.toLowerCase(), timeOf(startMs)],
        ...[endMs === undefined ? null : (endMs - startMs) / 1000, metricsText(metrics)],
      ]),
    ),
  );

const metricsText = (metrics: RunSummary["metrics"]): string => {
  const first = FIRST_METRICS.flatMap((name) =>
    Object.hasOwn(metrics, name) ? [[name, metrics[name]!] as const] : [],
  );
  const all = [...first, ...Object.entries(metrics).filter(([name]) => !FIRST_METRICS.includes(name))];
  const shown = all.slice(0, SHOWN_METRICS).map(([name, { value }]) => `${printable(name)} ${valueText(value)}`);
  return [...shown, ...(all.length > SHOWN_METRICS ? [`and ${all.length - SHOWN_METRICS} more`] : [])].join(", ");
};

const valueText = (value: number | string): string =>
  typeof value === "number" ? String(Number(value.toPrecision(5))) : value;

/** A run with all that it logged, part by part; empty parts are left out. */
export const runText = (run: RunDocument): string => {
  const { id, name, status, startMs, endMs, params, metrics, tags, inputs, artifacts } = run;
  const ended = endMs === undefined ? "" : `, ended ${timeOf(endMs)} (${(endMs - startMs) / 1000} s)`;
  const deleted = run.stage === "deleted" ? ", deleted" : "";
  const part = (head: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
    rows.length === 0 ? [] : [table(head, rows)];
  const pairs = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, value]) => [printable(key), printable(value)]);
  return [
    `${printable(name)} (${id}): ${status.toLowerCase()}${deleted}\nbegan ${timeOf(startMs)}${ended}`,
    ...part(["param", "value"], pairs(params)),
    ...part(
      ["metric", "newest", "step"],
      Object.entries(metrics).map(([key, { value, step }]) => [printable(key), valueText(value), step]),
    ),
    ...part(["tag", "value"], pairs(tags)),
    ...part(
      ["dataset", "hash"],
      inputs.map((input) => [printable(input.name), input.digest]),
    ),
    ...part(
      ["artifacts"],
      artifacts.map(({ path, isFolder }) => [`${printable(path)}${isFolder ? "/" : ""}`]),
    ),
  ]
    .map((text) => fitted(text))
    .join("\n\n");
};
