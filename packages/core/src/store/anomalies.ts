import { Anomaly } from "./anomaly.ts";
import { anomalyPk, timeKey } from "./keys.ts";
import type { Point } from "./points.ts";
import type { Table } from "./ports.ts";
import { readPoints } from "./read-series.ts";

export type AnomalyRange = {
  /** Inclusive. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  /** Of this entity only. */
  entity?: string | undefined;
  /** Only those whose key is lower. */
  before?: string | undefined;
  limit?: number | undefined;
};
/** `sk` is the anomaly's place among those of its detector, newest first. */
export type StoredAnomaly = { sk: string; anomaly: Anomaly };

const DAY_MS = 86_400_000;
/** Anomalies per range query. */
const PAGE = 200;

/**
 * Anomalies of a detector, suppressed ones included, newest first. The items are written before the head of their series:
 * those of an attempt that died in between, and that was not repeated with the same rows, are left out.
 */
export const readAnomalies = async (
  table: Table,
  detectorId: string,
  range: AnomalyRange,
): Promise<StoredAnomaly[]> => {
  const { fromMs, toMs, entity, before, limit = Number.POSITIVE_INFINITY } = range;
  const found: StoredAnomaly[] = [];
  const seen = new Set<string>();
  for (let dayMs = startOfDay(toMs - 1); dayMs >= startOfDay(fromMs); dayMs -= DAY_MS) {
    for await (const page of pagesOfDay(table, detectorId, dayMs, range)) {
      const wanted = page.filter(({ anomaly }) => entity === undefined || anomaly.entity === entity);
      const own = await ownAnomalies(table, detectorId, wanted, seen);
      found.push(...own.filter(({ sk }) => before === undefined || sk < before));
      if (found.length >= limit) return found.slice(0, limit);
    }
  }
  return found;
};

/** Midnight, UTC: anomalies are stored by day. */
const startOfDay = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

async function* pagesOfDay(
  table: Table,
  detectorId: string,
  dayMs: number,
  { fromMs, toMs, entity, limit = PAGE }: AnomalyRange,
): AsyncGenerator<StoredAnomaly[]> {
  const pk = anomalyPk(detectorId, dayMs);
  const from = timeKey(Math.max(fromMs, dayMs));
  // "$" sorts right behind the "#" that follows the time in a key.
  let to = `${timeKey(Math.min(toMs, dayMs + DAY_MS) - 1)}$`;
  const pageSize = entity === undefined ? Math.min(PAGE, limit + 1) : PAGE;
  // The bound is inclusive: the last one comes again.
  for (let skip = ""; ; skip = to) {
    const items = await table.query({ pk, from, to, order: "descending", limit: pageSize });
    const fresh = items.filter(({ sk }) => sk !== skip);
    yield fresh.map(({ sk, doc }) => ({ sk, anomaly: Anomaly.parse(JSON.parse(doc ?? "null")) }));
    if (items.length < pageSize) return;
    to = items.at(-1)!.sk;
  }
}

/** Those that the series' own rows confirm, each row once; reads each series once. `seen` are the rows of earlier pages. */
const ownAnomalies = async (
  table: Table,
  detectorId: string,
  page: readonly StoredAnomaly[],
  seen: Set<string>,
): Promise<StoredAnomaly[]> => {
  const bySeries = Map.groupBy(page, ({ anomaly }) => anomaly.entity);
  const rowsOf = new Map<string, Map<number, Point>>();
  for (const [entity, items] of bySeries) {
    const times = items.map(({ anomaly }) => anomaly.timestamp);
    const points = await readPoints(table, detectorId, entity, {
      fromMs: Math.min(...times),
      toMs: Math.max(...times) + 1,
    });
    rowsOf.set(entity, new Map(points.map((point) => [point.row, point])));
  }
  return page.filter(({ anomaly }) => {
    const point = rowsOf.get(anomaly.entity)?.get(anomaly.row);
    if (!point || !isOf(anomaly, point)) return false;
    // Two shards may both have completed one interval, with the same values: the row is there once all the same.
    const row = `${anomaly.row} ${anomaly.entity}`;
    return !seen.has(row) && seen.add(row);
  });
};

/** Points keep the score as a float32. */
const isOf = ({ timestamp, score }: Anomaly, point: Point): boolean =>
  point.timestampMs === timestamp && (point.grade > 0 || point.isSuppressed) && point.score === Math.fround(score);
