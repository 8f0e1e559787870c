import { rm } from "node:fs/promises";
import type { EventQuery } from "@tidewatch/core/dataset/events";
import { metricsOf } from "@tidewatch/core/dataset/events";
import type { LiveFile } from "@tidewatch/core/dataset/manifest";
import { compileSource } from "@tidewatch/core/feature/match";
import type { Blobs } from "@tidewatch/core/store/ports";
import { quoted, type Workspace } from "./duckdb.ts";
import { fetchFile } from "./fetch-file.ts";
import { fillNames } from "./parquet.ts";

/** What a detector wants of a file: which entity is which number, and the slot of each metric by kinds of events. */
type Wanted = { entities: Map<string, number>; rankOf: (name: string) => number };

/**
 * Takes the events of a detector out of a compacted file into the table `event`. Who they belong to is decided by the very
 * function that the scorer asks, once for each entity with its tags and metrics.
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
  await fillNames(
    workspace,
    "origin",
    live.map(({ name }) => [rankOf(name), name]),
  );
  const found = await db.runAndReadAll(
    `SELECT DISTINCT entity, tags, metrics FROM ${source} WHERE ${range} AND origin IN (SELECT n0 FROM origin)`,
  );
  const wanted = metricsOf(detector);
  const isOfSource = compileSource(detector.match);
  const shapes = new Map<string, number>();
  const rows: [number, number, string, string, string][] = [];
  for (const [entity, tags, metrics] of found.getRows() as [string, string, string][]) {
    const names = JSON.parse(metrics) as string[];
    if (!wanted.some((metric) => names.includes(metric))) continue;
    if (!isOfSource({ entity, tags: JSON.parse(tags) as Record<string, string> })) continue;
    if (!entities.has(entity)) entities.set(entity, entities.size);
    if (!shapes.has(metrics)) shapes.set(metrics, shapes.size);
    rows.push([entities.get(entity)!, shapes.get(metrics)!, entity, tags, metrics]);
  }
  if (rows.length > 0) {
    await fillWanted(workspace, rows);
    const values = wanted.map((metric) => slotOf(metric, shapes));
    await db.run(
      `INSERT INTO event SELECT w.entity, o.key, e.line, e.time, e.arrival, ${values.join(", ")}
       FROM ${source} e
       JOIN wanted w ON e.entity = w.n0 AND e.tags = w.n1 AND e.metrics = w.n2
       JOIN origin o ON e.origin = o.n0
       WHERE ${range}`,
    );
  }
  await rm(path);
};

const fillWanted = async (
  { db }: Workspace,
  rows: readonly [number, number, string, string, string][],
): Promise<void> => {
  await db.run("CREATE OR REPLACE TABLE wanted (entity INTEGER, shape INTEGER, n0 VARCHAR, n1 VARCHAR, n2 VARCHAR)");
  const appender = await db.createAppender("wanted");
  for (const [entity, shape, ...names] of rows) {
    appender.appendInteger(entity);
    appender.appendInteger(shape);
    for (const name of names) appender.appendVarchar(name);
    appender.endRow();
  }
  appender.closeSync();
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
