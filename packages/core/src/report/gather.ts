import { modelFamilyOf } from "../any-detector.ts";
import type { Detector } from "../detector.ts";
import { listChecks } from "../drift/checks.ts";
import { aliasHistory, aliasOf } from "../register/aliases.ts";
import { loadManifest } from "../register/models.ts";
import { readAnomalies } from "../store/anomalies.ts";
import type { Anomaly } from "../store/anomaly.ts";
import type { Blobs, Table } from "../store/ports.ts";
import { allSeries } from "../store/read-series.ts";
import type { Wanted } from "./periods.ts";
import { DAY_MS, dayOf, daysOf, type Report } from "./report.ts";
import { rowsBetween } from "./row-counts.ts";
import { saidOf } from "./verdict.ts";

export type GatherPorts = { table: Table; blobs: Blobs };

/** Anomalies that are looked at; a detector with more is in such a state that the exact number does not matter. */
const MAX_ANOMALIES = 5000;
/** Series whose rows are counted: eight small queries each. */
const COUNTED_SERIES = 100;
const TOP_ENTITIES = 10;
const MOVES = 20;

/** All that a report says, from what is stored. The same tables give the same report. */
export const gatherReport = async (
  ports: GatherPorts,
  detector: Detector,
  wanted: Wanted,
  nowMs: number,
): Promise<Report> => {
  const { fromMs, toMs } = wanted;
  const [model, alerts, data, [check]] = await Promise.all([
    modelOf(ports, detector.id, fromMs, toMs),
    alertsOf(ports.table, detector.id, fromMs, toMs),
    dataOf(ports.table, detector.id, fromMs, toMs),
    listChecks(ports.table, detector.id, { beforeMs: toMs + 1, limit: 1 }),
  ]);
  const drift = check && check.atMs > fromMs ? check : null;
  const facts = {
    ...wanted,
    ...{ format: 1 as const, detector: detector.id, description: detector.description },
    ...{ family: modelFamilyOf(detector), createdAtMs: nowMs, model, alerts, data, drift },
  };
  return { ...facts, ...saidOf(facts) };
};

const modelOf = async (ports: GatherPorts, id: string, fromMs: number, toMs: number): Promise<Report["model"]> => {
  const champion = await aliasOf(ports, id, "champion");
  const moves = await aliasHistory(ports, id, { beforeMs: toMs, limit: MOVES });
  const manifest = champion && (await loadManifest(ports, id, champion.version).catch(() => undefined));
  return {
    version: champion?.version ?? null,
    sinceMs: champion?.sinceMs ?? null,
    trainingRows: manifest?.trainingRows ?? null,
    trainingFromMs: manifest?.trainingFromMs ?? null,
    trainingToMs: manifest?.trainingToMs ?? null,
    moves: moves
      .filter(({ sinceMs }) => sinceMs >= fromMs)
      .map(({ alias, version, sinceMs, by = "", reason = "" }) => ({ alias, version, sinceMs, by, reason })),
  };
};

const alertsOf = async (table: Table, id: string, fromMs: number, toMs: number): Promise<Report["alerts"]> => {
  const limit = MAX_ANOMALIES;
  const all = (await readAnomalies(table, id, { fromMs, toMs, limit })).map(({ anomaly }) => anomaly);
  const before = await readAnomalies(table, id, { fromMs: fromMs - (toMs - fromMs), toMs: fromMs, limit });
  const reported = all.filter(({ suppressedBy }) => suppressedBy === null);
  const ofDay = Map.groupBy(reported, ({ timestamp }) => dayOf(timestamp));
  const ofEntity = Map.groupBy(reported, ({ entity }) => entity);
  const counts = (anomalies: readonly Anomaly[]) => ({ incidents: incidents(anomalies), anomalies: anomalies.length });
  const byEntity = Array.from(ofEntity, ([entity, anomalies]) => ({ entity, ...counts(anomalies) }));
  return {
    ...counts(reported),
    suppressed: all.length - reported.length,
    incidentsBefore: incidents(before.map(({ anomaly }) => anomaly)),
    isCapped: all.length >= limit,
    byDay: daysOf(fromMs, toMs).map((ms) => ({ day: dayOf(ms), ...counts(ofDay.get(dayOf(ms)) ?? []) })),
    byEntity: byEntity.sort((a, b) => b.incidents - a.incidents || b.anomalies - a.anomalies).slice(0, TOP_ENTITIES),
  };
};

/** Suppressed rows have no incident. */
const incidents = (anomalies: readonly Anomaly[]): number =>
  new Set(anomalies.flatMap(({ incidentId }) => incidentId ?? [])).size;

const dataOf = async (table: Table, id: string, fromMs: number, toMs: number): Promise<Report["data"]> => {
  const days = daysOf(fromMs, toMs);
  const bounds = [...days.map((ms) => Math.max(ms, fromMs)), Math.min(toMs, days.at(-1)! + DAY_MS)];
  const rows = new Array<number>(days.length).fill(0);
  let [series, counted, lastRowMs] = [0, 0, 0];
  const total = await countSeries(table, id);
  const every = Math.max(1, Math.ceil(total / COUNTED_SERIES));
  for await (const { entity, head } of allSeries(table, id)) {
    if (head.lastRowMs > lastRowMs) lastRowMs = head.lastRowMs;
    if (series++ % every > 0) continue;
    counted++;
    for (const [day, count] of (await rowsBetween(table, id, entity, head, bounds)).entries()) rows[day]! += count;
  }
  const byDay = days.map((ms, at) => ({ day: dayOf(ms), rows: rows[at]! }));
  return { series, counted, byDay, lastRowMs: lastRowMs || null };
};

const countSeries = async (table: Table, id: string): Promise<number> => {
  let series = 0;
  for await (const _ of allSeries(table, id)) series++;
  return series;
};
