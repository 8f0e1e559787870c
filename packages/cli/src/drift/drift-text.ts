import type { DriftCheckDocument, DriftSummary } from "@tidewatch/functions/api/schemas/drift";
import { printable } from "../output/printable.ts";
import { table } from "../output/table.ts";

export const summaryTable = (summaries: readonly DriftSummary[]): string =>
  table(
    ["detector", "checked", "model", "reference", "state", "since", "what"],
    summaries.map(({ detector, atMs, modelVersion, referenceDays, isProvisional, drifted, sinceMs, what }) => [
      ...[detector, timeText(atMs), versionText(modelVersion), daysText(referenceDays)],
      ...[stateText(drifted, isProvisional), sinceMs === null ? null : timeText(sinceMs), printable(what.join(", "))],
    ]),
  );

/** A check: its verdict, then a line per finding. */
export const checkText = (check: DriftCheckDocument): string => {
  const { detector, atMs, modelVersion, referenceDays, isProvisional, drifted, findings, verdict } = check;
  const head = `${detector} at ${timeText(atMs)}: ${stateText(drifted, isProvisional)} (model ${versionText(modelVersion)}, reference ${daysText(referenceDays)})`;
  const rows = findings.map(
    ({ feature, statistic, value, limit, effect, unit, sinceMs, shape, sparkline, ...rest }) => [
      ...[feature ?? "", statistic, Math.abs(value), limit, effectText(effect, unit)],
      rest.drifted ? "drifted" : rest.isOver ? "over" : "",
      ...[sinceMs === null ? "" : timeText(sinceMs), shape ?? "", sparkText(sparkline)],
    ],
  );
  const columns = ["feature", "statistic", "value", "limit", "effect", "", "since", "shape", "last day"];
  return printable([head, verdict, ...(rows.length > 0 ? ["", table(columns, rows)] : [])].join("\n"));
};

const stateText = (drifted: boolean, isProvisional: boolean): string => {
  if (!drifted) return isProvisional ? "no drift (provisional)" : "no drift";
  return isProvisional ? "drifted (provisional)" : "drifted";
};
const versionText = (version: number): string => (version === 0 ? "learns by itself" : `v${version}`);
const daysText = (days: number): string => `${Number(days.toFixed(1))} d`;
const timeText = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

const effectText = (effect: number, unit: DriftCheckDocument["findings"][number]["unit"]): string => {
  const figure = (value: number) => String(Number(value.toPrecision(3)));
  if (unit === "ratio") return `× ${figure(effect)}`;
  if (unit === "share") return `${effect < 0 ? "" : "+"}${figure(100 * effect)} %`;
  return unit === "deviations" ? `${figure(effect)} sd` : figure(effect);
};

const BARS = "▁▂▃▄▅▆▇█";
const SHOWN_HOURS = 24;

/** Bars from the lowest to the highest of the shown hours; a gap where an hour had no data. */
const sparkText = (hours: readonly (number | null)[]): string => {
  const shown = hours.slice(-SHOWN_HOURS);
  const known = shown.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const bar = (value: number) =>
    BARS[high === low ? 0 : Math.round(((value - low) / (high - low)) * (BARS.length - 1))]!;
  return shown.map((value) => (value === null ? " " : bar(value))).join("");
};
