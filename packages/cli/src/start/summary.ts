import type { Evaluation } from "@tidewatch/local/recording/evaluate";
import type { FeedReport } from "@tidewatch/local/recording/feed";
import { thousands } from "../output/progress.ts";

export type Totals = {
  received: number;
  archived: number;
  quarantined: number;
  scoredRows: number;
  warmingUpRows: number;
  anomalies: number;
};

/** Words at the left, figures behind them, in one column. */
const line = (name: string, text: string): string => `  ${name.padEnd(14)}${text}`;

export const totalsText = (totals: Totals): string =>
  [
    line(
      "events",
      `${thousands(totals.received)} accepted = ${thousands(totals.archived)} archived + ${thousands(totals.quarantined)} in quarantine`,
    ),
    line(
      "rows",
      `${thousands(totals.scoredRows)} scored, ${thousands(totals.warmingUpRows)} while warming up, ${thousands(totals.anomalies)} anomalous`,
    ),
  ].join("\n");

export const feedText = ({ events, seconds }: FeedReport): string =>
  events === 0
    ? line("recording", "fed by an earlier start")
    : line(
        "recording",
        `${thousands(events)} events in ${seconds.toFixed(1)} s: ${thousands(events / seconds)} events/s`,
      );

export const evaluationText = (evaluation: Evaluation): string => {
  const { detected, episodes, falseIncidents, precision, recall, f1 } = evaluation;
  const { falseAlarmsPerHour, medianDelaySeconds, missed } = evaluation;
  const delay = medianDelaySeconds === null ? "" : `, ${medianDelaySeconds.toFixed(0)} s after the start (median)`;
  const lines = [
    line("faults", `${detected} of ${episodes} found${delay}; ${falseIncidents} false alarms`),
    line(
      "quality",
      `precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)}, F1 ${f1.toFixed(2)}, ${falseAlarmsPerHour.toFixed(1)} false alarms an hour`,
    ),
  ];
  if (missed.length > 0) lines.push(line("missed", missed.map(({ kind }) => kind).join(", ")));
  return lines.join("\n");
};

type Addresses = { url: string; kinesisUrl: string; hasPage: boolean };

export const addressesText = ({ url, kinesisUrl, hasPage }: Addresses): string =>
  [
    line("page", hasPage ? url : "not built; npm run setup"),
    line("API", `${url}/v1, described at ${url}/docs`),
    line("Kinesis", `${kinesisUrl} (stream tidewatch-events)`),
  ].join("\n");
