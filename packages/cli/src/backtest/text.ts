import type { BacktestIncident, BacktestResult } from "@tidewatch/core/backtest/result";
import { printable } from "../output/printable.ts";
import { counted, thousands } from "../output/progress.ts";
import { table } from "../output/table.ts";

const SHOWN_INCIDENTS = 20;
const SHOWN_ENTITIES = 10;

/** A backtest for people: what differs, then where and when. Who sends events chose the entities' names. */
export const backtestText = (result: BacktestResult): string => {
  const { rows, series } = result;
  if (rows === 0) return `${headline(result)}\n\n${nothing(result)}`;
  const parts = [headline(result), sides(result), `${differences(result)}${notes(result)}`];
  if (result.byDay.length > 1) parts.push(byDay(result));
  if (series > 1 && result.byEntity.length > 0) parts.push(byEntity(result));
  if (result.incidents.length > 0) parts.push(incidents(result));
  return printable(parts.join("\n\n"));
};

const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")}`;

const headline = ({ detector, model, fromMs, toMs }: BacktestResult): string =>
  `${model.name}@${model.version} over the history of ${detector}, ${timeText(fromMs)} to ${timeText(toMs)} UTC`;

const nothing = ({ otherRows }: BacktestResult): string =>
  otherRows === 0
    ? "There are no rows in this time; `tidewatch status` shows what the detector has."
    : `All ${thousands(otherRows)} rows of this time were made for other features than the detector has now.`;

const sides = ({ live, other, model }: BacktestResult): string => {
  const columns = ["", "rows scored", "anomalies", "suppressed", "incidents"];
  const row = (name: string, side: BacktestResult["other"]) => [
    ...[name, side.scored, side.anomalies, side.suppressed, side.incidents],
  ];
  return table(columns, [row(liveName(live), live), row(`${model.name}@${model.version}`, other)]);
};

const liveName = ({ versions }: BacktestResult["live"]): string => {
  const known = Object.keys(versions).filter((version) => version !== "0");
  return known.length > 0 ? `live (version ${known.join(", ")})` : "live (no model)";
};

const differences = ({ added, vanished, common }: BacktestResult): string =>
  added + vanished === 0
    ? `No difference: ${counted(common, "incident")} in both.`
    : `${thousands(added)} new, ${thousands(vanished)} vanished, ${thousands(common)} common.`;

const notes = ({ live, otherRows, rows }: BacktestResult): string => {
  const said: string[] = [];
  if (live.scored < rows) said.push(`${thousands(rows - live.scored)} rows were not scored live.`);
  if (live.otherSettings > 0) {
    said.push(`${counted(live.otherSettings, "row")} had other settings of the detector then.`);
  }
  if (otherRows > 0) said.push(`${counted(otherRows, "row")} of other features left out.`);
  return said.map((line) => `\n${line}`).join("");
};

const COUNTS = ["new", "vanished", "common"] as const;

const byDay = (result: BacktestResult): string =>
  table(
    ["day (UTC)", ...COUNTS],
    result.byDay.map(({ day, added, vanished, common }) => [day, added, vanished, common]),
  );

const byEntity = ({ byEntity: all }: BacktestResult): string => {
  const shown = all.slice(0, SHOWN_ENTITIES);
  const text = table(
    ["entity", ...COUNTS],
    shown.map(({ entity, added, vanished, common }) => [entity, added, vanished, common]),
  );
  return all.length > shown.length ? `${text}\n… and ${thousands(all.length - shown.length)} more (--json)` : text;
};

const KIND_NAMES: Record<BacktestIncident["kind"], string> = { added: "new", vanished: "vanished", common: "common" };

const incidents = ({ incidents: all }: BacktestResult): string => {
  const shown = all.slice(0, SHOWN_INCIDENTS);
  const text = table(
    ["incident", "entity", "from (UTC)", "to", "anomalies", "score"],
    shown.map(({ kind, entity, fromMs, toMs, anomalies, score }) => [
      ...[KIND_NAMES[kind], entity, timeText(fromMs), timeText(toMs), anomalies, Math.round(score * 100) / 100],
    ]),
  );
  return all.length > shown.length ? `${text}\n… and ${thousands(all.length - shown.length)} more (--json)` : text;
};
