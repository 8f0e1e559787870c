import type { AnomalousSession, SessionDocument } from "@tidewatch/functions/api/schemas/logs";
import { table } from "../output/table.ts";

type Verdict = NonNullable<SessionDocument["verdict"]>;
type Items = Verdict["missing"];
type Line = Verdict["firstOffending"];

const time = (ms: number): string => new Date(ms).toISOString();

export const sessionTable = (sessions: readonly AnomalousSession[]): string =>
  table(
    ["began", "detector", "key", "state", "lines", "score", "mostly because of"],
    sessions.map((one) => [
      ...[time(one.startMs), one.detector, one.key, one.state === "open" ? "open" : "ended", one.lines, one.score],
      reason(one),
    ]),
  );

/** A line too many says more than one that is missing. */
const reason = ({
  extra: [more],
  missing: [less],
}: Pick<AnomalousSession, "extra" | "missing">): string | undefined => {
  if (more) return `${more.count} too many: ${more.template}`;
  return less && `${less.count} missing: ${less.template}`;
};

/** All that there is to say of one session, for people. */
export const sessionText = (session: SessionDocument): string => {
  const { key, detector, startMs, endMs, lines, verdict, label, earlier, templates } = session;
  const parts = [
    `${key}, of detector ${detector}`,
    `${stateText(session)}: ${lines} ${lines === 1 ? "line" : "lines"} from ${time(startMs)} to ${time(endMs)}, ` +
      `${session.longestSilenceSeconds} s of silence at most`,
    verdict ? verdictText(verdict) : "No verdict yet: there is no model of this log.",
    ...(label ? [`Labelled ${label.label}${label.note ? `: ${label.note}` : ""}`] : []),
    `Its templates, in the order in which they came first:\n${templateLines(templates)}`,
    ...(earlier.length > 0 ? [`Other sessions of this key:\n${earlierTable(earlier)}`] : []),
  ];
  return parts.join("\n");
};

const templateLines = (templates: SessionDocument["templates"]): string =>
  templates.map(({ count, text }) => `  ${count} × ${text}`).join("\n");

const stateText = ({ state }: SessionDocument): string =>
  ({ open: "Open", idle: "Ended by silence", length: "Ended because it was as long as allowed" })[state];

const verdictText = (verdict: Verdict): string => {
  const { score, isAnomalous, isFinal, decidedBy, modelVersion, nearest, missing, extra, firstOffending } = verdict;
  const condition = isFinal ? "" : ", if it ended now";
  const by = decidedBy === "labels" ? "probability, learnt from labels" : `score, by ${decidedBy}`;
  return [
    `${isAnomalous ? "Anomalous" : "Normal"}${condition}: ${score.toFixed(3)} (${by}; model version ${modelVersion})`,
    ...(nearest ? [nearestText(nearest)] : []),
    ...itemsText("Missing", missing),
    ...itemsText("Extra", extra),
    ...(firstOffending ? [`First line at fault:\n  ${lineText(firstOffending)}`] : []),
  ].join("\n");
};

const nearestText = ({ sessions, share, distance }: NonNullable<Verdict["nearest"]>): string => {
  const alike = `${sessions.toLocaleString("en-US")} normal sessions (${(100 * share).toFixed(1)} %)`;
  return distance === 0
    ? `Just like ${alike}`
    : `Nearest: ${alike}, ${distance} ${distance === 1 ? "line" : "lines"} apart`;
};

const itemsText = (title: string, items: Items): string[] =>
  items.length === 0
    ? []
    : [
        `${title}:`,
        ...items.flatMap(({ count, template, firstLine }) => [
          `  ${count} × ${template}`,
          ...(firstLine ? [`      ${lineText(firstLine)}`] : []),
        ]),
      ];

const lineText = (line: NonNullable<Line>): string =>
  line.text === null
    ? `(its raw line: ${line.reason})`
    : `${line.text.replaceAll("\n", "\n      ")}\n      ${line.object}, line ${line.line}`;

const earlierTable = (earlier: SessionDocument["earlier"]): string =>
  table(
    ["began", "lines", "score", "verdict"],
    earlier.map(({ startMs, lines, score, isAnomalous }) => [
      ...[time(startMs), lines, score, isAnomalous === null ? null : isAnomalous ? "anomalous" : "normal"],
    ]),
  );
