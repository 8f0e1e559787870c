import { rm } from "node:fs/promises";
import { type EventQuery, metricsOf } from "@tidewatch/core/dataset/events";
import type { LiveFile } from "@tidewatch/core/dataset/manifest";
import { compileSource } from "@tidewatch/core/feature/match";
import type { Blobs } from "@tidewatch/core/store/ports";
import { quoted, type Workspace } from "./duckdb.ts";
import { fetchFile } from "./fetch-file.ts";
import { fillTable, kindsOf } from "./parquet.ts";

/** Numbers of entities, to which new ones are added; and the place of an object among all. */
type Wanted = { entities: Map<string, number>; rankOf: (name: string) => number };

/**
 * Takes the events of a detector out of a compacted file into the table `event`. Who they belong to is decided by the very
 * function that the scorer asks, once for each kind.
 */
export const takeCompacted = async (
  blobs: Blobs,
  workspace: Workspace,
  { detector, fromMs, toMs }: EventQuery,
  { file, live }: LiveFile,
  { entities, rankOf }: Wanted,
): Promise<void> => {
  const { db } = workspace;
  const path = await fetchFile(blobs, workspace, file, "compacted.parquet");
  const source = `read_parquet(${quoted(path)})`;
  const range = `time >= ${fromMs} AND time < ${toMs}`;
  const ranks = live.map(({ name, origin }) => [origin, rankOf(name)]);
  await fillTable(workspace, "origin", ["origin", "rank"], ranks);
  const metrics = metricsOf(detector);
  const isOfSource = compileSource(detector.match);
  const shapes = new Map<string, number>();
  const wanted = (await kindsOf(workspace, path)).flatMap(([entity, tags, names], kind) => {
    const own = new Set(JSON.parse(names) as string[]);
    if (!metrics.some((metric) => own.has(metric))) return [];
    if (!isOfSource({ entity, tags: JSON.parse(tags) as Record<string, string> })) return [];
    if (!shapes.has(names)) shapes.set(names, shapes.size);
    return [{ entity, kind, shape: shapes.get(names)! }];
  });
  if (wanted.length > 0) {
    const ids = [...new Set(wanted.map(({ entity }) => entity))];
    for (const entity of ids) if (!entities.has(entity)) entities.set(entity, entities.size);
    const rows = wanted.map(({ entity, kind, shape }) => [kind, entities.get(entity)!, shape]);
    await fillTable(workspace, "wanted", ["kind", "entity", "shape"], rows);
    const values = metrics.map((metric) => slotOf(metric, shapes));
    await db.run(
      `INSERT INTO event SELECT w.entity, o.rank, e.line, e.time, e.arrival, ${values.join(", ")}
       FROM ${source} e JOIN wanted w USING (kind) JOIN origin o USING (origin) WHERE ${range}`,
    );
  }
  await rm(path);
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
