import { readAnomalies } from "@tidewatch/core/store/anomalies";
import type { Table } from "@tidewatch/core/store/ports";
import type { IncidentSpan } from "./evaluate.ts";

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
  const range = { fromMs: span.startMs, toMs: span.endMs + 1, entity };
  for (const { anomaly } of (await readAnomalies(table, detectorId, range)).reverse()) {
    if (anomaly.incidentId === null) continue;
    const knownAtMs = anomaly.timestamp + intervalMs;
    const known = spans.get(anomaly.incidentId);
    if (known) known.endMs = knownAtMs;
    else spans.set(anomaly.incidentId, { startMs: knownAtMs, endMs: knownAtMs });
  }
  return [...spans.values()];
};
