import type { DriftFinding } from "../drift/check.ts";
import {
  badge,
  bar,
  block,
  COLOURS,
  cell,
  dataTable,
  escaped,
  figure,
  heading,
  note,
  paragraph,
  rowHeader,
  STYLE,
  sparkline,
  type Tone,
  tableOf,
  thousands,
  title,
} from "./html-parts.ts";
import { dayOf, type Report } from "./report.ts";
import { thinDays, timeText } from "./verdict.ts";

/** Findings that are shown; the JSON has all. */
const SHOWN_FINDINGS = 12;

/**
 * A report for people. `mail`: for mail programs, with charts of cells and characters; `page`: for browsers, with lines as SVG.
 * Both have no script, no image and nothing that is fetched from elsewhere.
 */
export const reportHtml = (report: Report, kind: "mail" | "page"): string => {
  const isPage = kind === "page";
  const rows = [
    block(badge(report.tone, TONE_WORDS[report.tone]) + title(report.title) + spanLine(report), 28),
    block(paragraph(report.verdict), 14),
    block(figures(report)),
    block(heading("Incidents by day") + incidentsByDay(report)),
    report.alerts.byEntity.length > 1 ? block(heading("Where they were") + incidentsByEntity(report)) : "",
    block(heading("Rows by day") + rowsByDay(report)),
    report.drift ? block(heading("What was checked for drift") + driftOf(report.drift.findings, isPage)) : "",
    block(heading("Model") + modelOf(report)),
    block(`${rule()}${paragraph(footer(report), true, 12)}`, 24),
    `<tr><td style="font-size:0;line-height:28px" height="28">&nbsp;</td></tr>`,
  ];
  const stripe = `<tr><td class="b-${report.tone}" height="5" bgcolor="${COLOURS[report.tone]}" style="background:${COLOURS[report.tone]};font-size:0;line-height:5px">&nbsp;</td></tr>`;
  const card = `<table class="card" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="${COLOURS.card}" style="max-width:640px;background:${COLOURS.card};border:1px solid ${COLOURS.line}">${stripe}${rows.join("\n")}</table>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${escaped(report.title)}</title><style>${STYLE}</style></head>
<body class="page" bgcolor="${COLOURS.page}" style="margin:0;padding:0;background:${COLOURS.page}">
<div style="display:none;max-height:0;overflow:hidden">${escaped(report.verdict.slice(0, 140))}</div>
<table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="${COLOURS.page}" style="background:${COLOURS.page}"><tr><td class="out" align="center" style="padding:24px 12px">
${isPage ? `<main>${card}</main>` : card}
</td></tr></table></body></html>
`;
};

const TONE_WORDS: Record<Tone, string> = { good: "All is well", watch: "Worth a look", bad: "Needs attention" };

const spanLine = ({ fromMs, toMs, kind }: Report): string => {
  const isWhole = kind === "day" || kind === "week";
  const words = isWhole && kind === "day" ? dayOf(fromMs) : `${timeText(fromMs)} to ${timeText(toMs)}`;
  return paragraph(isWhole && kind === "week" ? `Week from ${dayOf(fromMs)} to ${dayOf(toMs - 1)}` : words, true, 13);
};

const figures = ({ alerts, data, drift }: Report): string => {
  const rows = data.byDay.reduce((sum, day) => sum + day.rows, 0);
  const all = data.counted < data.series ? `rows of ${data.counted} series` : "rows";
  const drifted = drift?.findings.filter((finding) => finding.drifted).length;
  const more = alerts.isCapped ? "+" : "";
  const cells = [
    figure(thousands(alerts.incidents) + more, `incidents, ${thousands(alerts.incidentsBefore)} before`),
    figure(thousands(alerts.anomalies) + more, "anomalies"),
    figure(thousands(rows), all),
    figure(drifted === undefined ? "–" : `${drifted} of ${drift!.findings.length}`, "checks drifted"),
  ];
  return tableOf(`<tr>${cells.join("")}</tr>`);
};

type BarRow = { name: string; count: number; words: string; tone?: Tone };

const bars = (caption: string, rows: readonly BarRow[]): string => {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  const lines = rows.map(({ name, count, words, tone }) => {
    const value = cell(escaped(words), {
      size: 13,
      style: "padding:3px 0 3px 12px;text-align:right;white-space:nowrap",
    });
    return `<tr>${rowHeader(escaped(name))}<td width="60%" style="padding:3px 0">${bar(count / most, tone)}</td>${value}</tr>`;
  });
  return dataTable(caption, "", lines.join(""));
};

const incidentsByDay = ({ alerts }: Report): string =>
  bars(
    "Each bar is a day (UTC).",
    alerts.byDay.map(({ day, incidents, anomalies }) => ({
      ...{ name: dayName(day), count: incidents, words: incidents === 0 ? "none" : `${incidents} (${anomalies} rows)` },
    })),
  );

const incidentsByEntity = ({ alerts }: Report): string =>
  bars(
    "Those with the most, at most ten.",
    alerts.byEntity.map(({ entity, incidents }) => ({ name: cut(entity), count: incidents, words: `${incidents}` })),
  );

const rowsByDay = (report: Report): string => {
  const { data } = report;
  const thin = new Set(thinDays(report));
  return bars(
    data.counted < data.series ? `Of ${data.counted} of ${thousands(data.series)} series.` : "Of all series.",
    data.byDay.map(({ day, rows }) => ({
      ...{ name: dayName(day), count: rows, words: thousands(rows) },
      ...(thin.has(day) && { tone: "watch" as const, words: `${thousands(rows)} (few)` }),
    })),
  );
};

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const dayName = (day: string): string => `${WEEKDAYS[new Date(day).getUTCDay()]} ${day.slice(5)}`;
const cut = (name: string): string => (name.length > 28 ? `${name.slice(0, 27)}…` : name);

const driftOf = (findings: readonly DriftFinding[], isPage: boolean): string => {
  const shown = findings.slice(0, SHOWN_FINDINGS);
  const rows = shown.map((finding) => driftRow(finding, isPage)).join("");
  const more = findings.length - shown.length;
  const rest = more > 0 ? paragraph(`${more} more are in the JSON beside this report.`, true, 12) : "";
  return dataTable("How far each stands from its limit; the line is of the last days.", "", rows) + rest;
};

const driftRow = (finding: DriftFinding, isPage: boolean): string => {
  const { value, limit, sinceMs, text, sparkline: values, entities } = finding;
  const tone: Tone = finding.drifted ? "bad" : finding.isOver ? "watch" : "good";
  const state = finding.drifted ? "drifted" : finding.isOver ? "over its limit" : "within its limit";
  const share = Math.abs(value) / limit;
  const name = finding.feature ? `${finding.feature}, ${finding.statistic}` : finding.statistic;
  const since = sinceMs === null ? "" : ` since ${timeText(sinceMs)}`;
  const where = entities && entities.length > 0 ? ` Most on ${entities.slice(0, 3).map(cut).join(", ")}.` : "";
  const shape = finding.shape ? ` It came ${finding.shape === "sudden" ? "suddenly" : "gradually"}.` : "";
  const said = finding.isOver ? `<div>${escaped(text + shape + where)}</div>` : "";
  const standing = `<span class="c-${tone}" style="color:${COLOURS[tone]};font-weight:600">${state}</span>${escaped(since)}`;
  const words = `${escaped(name)}<div style="font-size:12px">${standing}</div>${said}`;
  const line = values.length > 1 ? sparkline(values, `${name}: ${values.length} hours, ${state}`, isPage) : "";
  const percent = `${Math.round(100 * share)} % of the limit`;
  const border = `border-top:1px solid ${COLOURS.line};vertical-align:top`;
  const drawn = limit > 0 ? `${gap()}${bar(share, tone)}${note(percent)}` : "";
  return (
    `<tr>${cell(words, { size: 13, kind: "stack line", style: `padding:9px 12px 9px 0;${border}` })}` +
    `<td class="stack below line" width="170" style="padding:9px 0;${border}">${line}${drawn}</td></tr>`
  );
};

const gap = (): string => `<div style="font-size:0;line-height:4px">&nbsp;</div>`;

const modelOf = ({ model, family, drift }: Report): string => {
  if (model.version === null || model.sinceMs === null)
    return paragraph(`Family ${family}. There is no model version.`, false, 14);
  const learnt =
    model.trainingRows === null || model.trainingFromMs === null || model.trainingToMs === null
      ? ""
      : ` It learnt from ${thousands(model.trainingRows)} rows from ${dayOf(model.trainingFromMs)} to ${dayOf(model.trainingToMs)}.`;
  const reference = drift
    ? ` Drift is held against ${Number(drift.referenceDays.toPrecision(2))} days of reference.`
    : "";
  const first = paragraph(
    `Version ${model.version} (${family}), live since ${timeText(model.sinceMs)}.${learnt}${reference}`,
  );
  if (model.moves.length === 0) return first;
  const rows = model.moves.map(({ alias, version, sinceMs, by, reason }) => {
    const what = `${alias} → ${version === null ? "none" : `version ${version}`}`;
    const why = [by, reason].filter(Boolean).join(": ");
    return `<tr>${cell(escaped(timeText(sinceMs)), { size: 13, soft: true, style: "padding:3px 12px 3px 0;white-space:nowrap;vertical-align:top" })}${cell(escaped(why ? `${what} (${why})` : what), { size: 13, style: "padding:3px 0" })}</tr>`;
  });
  return first + gap() + dataTable("Moves in this time, newest first.", "", rows.join(""));
};

const rule = (): string =>
  `<div class="line" style="border-top:1px solid ${COLOURS.line};font-size:0;line-height:12px">&nbsp;</div>`;

const footer = ({ id, createdAtMs, detector }: Report): string =>
  `Report ${id}, made ${timeText(createdAtMs)} by Tidewatch for the detector ${detector}. Its figures are in the JSON of the same ` +
  `name; \`tidewatch reports show ${id}\` prints it. Who gets it, and how often, says the detector under "reports".`;
