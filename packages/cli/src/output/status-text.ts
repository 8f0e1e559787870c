import { thousands } from "./progress.ts";
import { table } from "./table.ts";

/** What `GET /v1/status` answers, as far as it is shown. */
export type ServerStatus = {
  version: string;
  archive: { received: number; archived: number; quarantined: number };
  score: { received: number; invalid: number; unmatched: number; deliveries: number; failed?: number };
  /** Absent from servers before logs. */
  log?: { received: number; invalid: number; lines: number; unmatched: number; failed: number };
  detectors: DetectorCounts[];
  logDetectors?: LogDetectorCounts[];
  unreadableDetectors?: { id: string; reason: string }[];
  consumers?: { name: string; shardId: string; lag: number }[];
};

type DetectorCounts = {
  id: string;
  enabled: boolean;
  series: number;
  events: number;
  late: number;
  rows: { scored: number; warmingUp: number; skipped: number; imputed: number };
  anomalies: number;
  suppressed: number;
  family: string;
  learns: string;
  model: { family: string; version: number; trainingRows: number } | null;
  warmUp: { cause: string; rowsNeeded: number | null } | null;
};

type LogDetectorCounts = {
  id: string;
  enabled: boolean;
  rates: DetectorCounts | null;
  /** Absent from servers before these were told. */
  model?: { version: number; trainedAtMs: number; trainingSessions: number } | null;
  warmUp?: { cause: string } | null;
  anomalousSessions?: { lastDay: number; hasMore: boolean };
};

/** The counts as sums, so that one sees that nothing is missing. */
export const statusText = (status: ServerStatus): string => {
  const { archive, score } = status;
  const matched = score.received - score.invalid - score.unmatched;
  const sums = [
    `archive: ${thousands(archive.received)} received = ${thousands(archive.archived)} archived + ${thousands(archive.quarantined)} quarantined`,
    `score:   ${thousands(score.received)} received = ${thousands(matched)} matched + ${thousands(score.unmatched)} unmatched + ${thousands(score.invalid)} invalid`,
  ];
  return [
    `Tidewatch ${status.version}`,
    ...sums,
    ...logLines(status),
    ...lagLines(status),
    ...warnings(status),
    "",
    detectorTable(status),
  ].join("\n");
};

/** Where there are logs. */
const logLines = ({ log }: ServerStatus): string[] => {
  if (!log || log.received === 0) return [];
  const { lines, unmatched, invalid } = log;
  const bad = invalid > 0 ? `; ${thousands(invalid)} records invalid` : "";
  return [
    `logs:    ${thousands(lines)} lines = ${thousands(lines - unmatched)} matched + ${thousands(unmatched)} unmatched${bad}`,
  ];
};

const lagLines = ({ consumers = [] }: ServerStatus): string[] => {
  const lag = consumers.reduce((sum, consumer) => sum + consumer.lag, 0);
  if (consumers.length === 0) return [];
  return [lag === 0 ? "nothing waits on the stream" : `${thousands(lag)} records wait on the stream`];
};

/** While records wait, the consumers may stand at different places; what each counted must add up all the same. */
const warnings = ({ archive, score, log, detectors, unreadableDetectors = [] }: ServerStatus): string[] => {
  const found: string[] = [];
  if (archive.received !== archive.archived + archive.quarantined) found.push("the archive's counts do not add up");
  const delivered = detectors.reduce((sum, detector) => sum + detector.events, 0);
  const { failed = 0 } = score;
  if (delivered + failed > score.deliveries)
    found.push("the detectors counted more events than were delivered to them");
  if (failed > 0) found.push(`${thousands(failed)} deliveries failed and are kept: see \`tidewatch redrive --help\``);
  if (log && log.failed > 0)
    found.push(`${thousands(log.failed)} log records failed and are kept: see \`tidewatch redrive --help\``);
  for (const { id, reason } of unreadableDetectors) found.push(unreadableText(id, reason));
  return found.map((text) => `warning: ${text}`);
};

/** The next step for a stored detector that nobody can read. */
export const unreadableText = (id: string, reason: string): string =>
  `${reason}; it does nothing until \`tidewatch detectors apply\` replaces it or \`detectors delete ${id}\` removes it`;

/** After a change of the family the model in use is of the one before. */
const modelText = (family: string, learns: string, model: { family: string; version: number } | null): string => {
  if (model) {
    const inUse = `${model.family}, version ${model.version}`;
    return model.family === family ? inUse : `${inUse}; ${family}, none yet`;
  }
  return learns === "row by row" ? family : `${family}, none yet`;
};

const detectorTable = ({ detectors: ofMetrics, logDetectors = [] }: ServerStatus): string => {
  if (ofMetrics.length + logDetectors.length === 0)
    return "There are no detectors yet; `tidewatch detectors apply FILE` makes one.";
  const detectors = [...ofMetrics, ...logDetectors.flatMap(({ rates }) => rates ?? [])];
  const logTable = logDetectors.length > 0 ? [logDetectorTable(logDetectors)] : [];
  if (detectors.length === 0) return logTable.join("");
  const rows = detectors.map(
    ({ id, enabled, series, events, late, rows: counts, anomalies, suppressed, family, learns, model, warmUp }) => [
      id,
      series,
      events,
      late,
      counts.scored,
      counts.warmingUp,
      counts.skipped,
      anomalies,
      suppressed,
      modelText(family, learns, model),
      enabled ? (warmUp?.cause ?? "scoring") : "off",
    ],
  );
  const head = [
    "detector",
    "series",
    "events",
    "late",
    "scored",
    "warm-up",
    "skipped",
    "anomalies",
    "suppressed",
    "model",
    "state",
  ];
  return [...logTable, table(head, rows)].join("\n\n");
};

const logDetectorTable = (detectors: readonly LogDetectorCounts[]): string =>
  table(
    ["detector of logs", "anomalous sessions of a day", "model", "state"],
    detectors.map(({ id, enabled, model, warmUp, anomalousSessions }) => [
      id,
      anomalousSessions ? `${anomalousSessions.lastDay}${anomalousSessions.hasMore ? " and more" : ""}` : "–",
      model ? logModelText(model) : "none yet",
      enabled ? (warmUp?.cause ?? "judging") : "off",
    ]),
  );

const logModelText = ({ version, trainedAtMs, trainingSessions }: NonNullable<LogDetectorCounts["model"]>): string =>
  `version ${version} of ${new Date(trainedAtMs).toISOString().slice(0, 16)}Z, ${thousands(trainingSessions)} sessions`;
