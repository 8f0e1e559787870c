import { type EventQuery, metricsOf } from "@tidewatch/core/dataset/events";
import type { LiveFile } from "@tidewatch/core/dataset/manifest";
import { compileSource } from "@tidewatch/core/feature/match";
import type { Blobs } from "@tidewatch/core/store/ports";
import { quoted, type Workspace } from "./duckdb.ts";
import type { EventPart } from "./event-part.ts";
import { fetchFile } from "./fetch-file.ts";
import { fillTable, kindsOf } from "./parquet.ts";

/**
 * The events of a detector in a compacted file. Who they belong to is decided by the very function that the scorer asks, once
 * for each kind.
 * @param index of the file among those of the query
 */
export const compactedPart = async (
  blobs: Blobs,
  workspace: Workspace,
  { detector, fromMs, toMs }: EventQuery,
  { file, live }: LiveFile,
  { index, rankOf }: { index: number; rankOf: (name: string) => number },
): Promise<EventPart> => {
  const { db } = workspace;
  const path = await fetchFile(blobs, workspace, file, `compacted-${index}.parquet`);
  const source = `read_parquet(${quoted(path)})`;
  const [origin, wanted] = [`origin_${index}`, `wanted_${index}`];
  const range = `time >= ${fromMs} AND time < ${toMs}`;
  const ranks = live.map((one) => [one.origin, rankOf(one.name)]);
  await fillTable(workspace, origin, ["origin", "rank"], ranks);
  const metrics = metricsOf(detector);
  const isOfSource = compileSource(detector.match);
  const shapes = new Map<string, number>();
  const kinds = (await kindsOf(workspace, path)).flatMap(([entity, tags, names], kind) => {
    const own = new Set(JSON.parse(names) as string[]);
    if (!metrics.some((metric) => own.has(metric))) return [];
    if (!isOfSource({ entity, tags: JSON.parse(tags) as Record<string, string> })) return [];
    if (!shapes.has(names)) shapes.set(names, shapes.size);
    return [{ entity, kind, shape: shapes.get(names)! }];
  });
  const counted = await db.runAndReadAll(
    `SELECT kind, count(*)::DOUBLE FROM ${source} JOIN ${origin} USING (origin) WHERE ${range} GROUP BY kind`,
  );
  const counts = new Map(counted.getRows() as [number, number][]);
  const entities = new Map<string, number>();
  for (const { entity, kind } of kinds) {
    const count = counts.get(kind) ?? 0;
    if (count > 0) entities.set(entity, (entities.get(entity) ?? 0) + count);
  }
  const values = metrics.map((metric, place) => `${slotOf(metric, shapes)} AS m${place}`);

  return {
    entities,
    async place(placeOf) {
      const rows = kinds.flatMap(({ entity, kind, shape }) => {
        const place = placeOf(entity);
        return place === undefined ? [] : [[kind, place, shape]];
      });
      await fillTable(workspace, wanted, ["kind", "place", "shape"], rows);
      return (from, to) => {
        const among = rows.filter(([, place]) => place! >= from && place! < to).map(([kind]) => kind!);
        // Kinds are sorted by entity, as places are: one stretch of the file.
        const [first, last] = [among[0] ?? 0, among.at(-1) ?? -1];
        return `SELECT w.place, e.time::DOUBLE AS time, e.arrival::DOUBLE AS arrival, o.rank, e.line, ${values.join(", ")}
          FROM ${source} e JOIN ${wanted} w USING (kind) JOIN ${origin} o USING (origin)
          WHERE ${range} AND e.kind >= ${first} AND e.kind <= ${last} AND w.place >= ${from} AND w.place < ${to}`;
      };
    },
  };
};

/** The value of a metric, wherever events of a shape have it; NaN where they do not. */
const slotOf = (metric: string, shapes: ReadonlyMap<string, number>): string => {
  const bySlot = new Map<number, number[]>();
  for (const [metrics, shape] of shapes) {
    const slot = (JSON.parse(metrics) as string[]).indexOf(metric);
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), shape]);
  }
  const cases = [...bySlot].filter(([slot]) => slot >= 0);
  if (bySlot.size === 1 && cases.length === 1) return `e.v${cases[0]![0]}`;
  const when = cases.map(([slot, ofSlot]) => `WHEN w.shape IN (${ofSlot.join(", ")}) THEN e.v${slot}`);
  return when.length === 0 ? "'NaN'::DOUBLE" : `CASE ${when.join(" ")} ELSE 'NaN'::DOUBLE END`;
};
