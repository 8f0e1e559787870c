import { blockLine } from "./charts.ts";
import { thousands } from "./html-parts.ts";
import { dayOf, type Report } from "./report.ts";
import { timeText } from "./verdict.ts";

/** A report without markup: for terminals, and for mail programs that want no HTML. */
export const reportText = (report: Report): string => {
  const { title, verdict, fromMs, toMs, alerts, data, drift, model, family } = report;
  const lines = [
    title,
    "=".repeat(title.length),
    `${timeText(fromMs)} to ${timeText(toMs)}`,
    "",
    verdict,
    "",
    "day         incidents  anomalies        rows",
    ...alerts.byDay.map(({ day, incidents, anomalies }, at) =>
      [day, pad(incidents, 11), pad(anomalies, 11), pad(data.byDay[at]!.rows, 12)].join(""),
    ),
    "",
    ...(drift ? driftLines(drift.findings) : []),
    `Model: ${family}${model.version === null ? "" : `, version ${model.version}`}${
      model.sinceMs === null ? "" : `, live since ${dayOf(model.sinceMs)}`
    }`,
    ...model.moves.map(
      ({ alias, version, sinceMs, by, reason }) =>
        `  ${timeText(sinceMs)}  ${alias} → ${version ?? "none"}  ${[by, reason].filter(Boolean).join(": ")}`,
    ),
    `Report ${report.id}`,
  ];
  return `${lines.join("\n")}\n`;
};

const pad = (value: number, width: number): string => thousands(value).padStart(width);

const driftLines = (findings: NonNullable<Report["drift"]>["findings"]): string[] => [
  "Drift:",
  ...findings.map(({ feature, statistic, isOver, drifted, sparkline, text }) => {
    const state = drifted ? "drifted" : isOver ? "over its limit" : "within its limit";
    const line = sparkline.length > 1 ? `${blockLine(sparkline)}  ` : "";
    return `  ${line}${feature ? `${feature}, ` : ""}${statistic}: ${state}${isOver ? `. ${text}` : ""}`;
  }),
  "",
];
