import { Anomaly } from "@tidewatch/core/store/anomaly";
import { anomalyPk } from "@tidewatch/core/store/keys";
import type { Table } from "@tidewatch/core/store/ports";
import type { IncidentSpan } from "./evaluate.ts";

const DAY_MS = 86_400_000;
const PAGE = 1000;

/**
 * Incidents of one entity in a time range, each from its first to its last anomaly, in time order. An anomaly counts at
 * the end of its interval, `intervalMs` after its time stamp: nobody can know of it before.
 */
export const incidentsOf = async (
  table: Table,
  detectorId: string,
  entity: string,
  intervalMs: number,
  span: IncidentSpan,
): Promise<IncidentSpan[]> => {
  const spans = new Map<string, IncidentSpan>();
  for (const anomaly of await anomaliesBetween(table, detectorId, span)) {
    if (anomaly.entity !== entity || anomaly.incidentId === null) continue;
    const knownAtMs = anomaly.timestamp + intervalMs;
    const known = spans.get(anomaly.incidentId);
    if (known) known.endMs = knownAtMs;
    else spans.set(anomaly.incidentId, { startMs: knownAtMs, endMs: knownAtMs });
  }
  return [...spans.values()];
};

/** Anomalies of a detector, suppressed ones included, in time order. */
const anomaliesBetween = async (table: Table, detectorId: string, span: IncidentSpan): Promise<Anomaly[]> => {
  const found: Anomaly[] = [];
  const firstDayMs = Math.floor(span.startMs / DAY_MS) * DAY_MS;
  for (let dayMs = firstDayMs; dayMs <= span.endMs; dayMs += DAY_MS) {
    let from = "";
    for (;;) {
      const page = await table.query({ pk: anomalyPk(detectorId, dayMs), from, limit: PAGE });
      found.push(...page.map(({ doc }) => Anomaly.parse(JSON.parse(doc ?? "null"))));
      if (page.length < PAGE) break;
      from = `${page.at(-1)?.sk}!`;
    }
  }
  return found.filter(({ timestamp }) => timestamp >= span.startMs && timestamp <= span.endMs);
};
