import { type EventQuery, metricsOf } from "@tidewatch/core/dataset/events";
import type { TailObject } from "@tidewatch/core/dataset/manifest";
import { planOf } from "@tidewatch/core/feature/plan";
import type { Blobs } from "@tidewatch/core/store/ports";
import { readArchiveObjects } from "./archive-lines.ts";
import { columnWriter } from "./column-writer.ts";
import type { Workspace } from "./duckdb.ts";
import type { EventPart } from "./event-part.ts";
import { fillTable } from "./parquet.ts";

/** The events of a detector in objects as they arrived, that no compacted file speaks for. */
export const tailPart = async (
  blobs: Blobs,
  workspace: Workspace,
  { detector, fromMs, toMs }: EventQuery,
  objects: readonly TailObject[],
  rankOf: (object: TailObject) => number,
): Promise<EventPart> => {
  const metrics = metricsOf(detector);
  const names = metrics.map((_, index) => `m${index}`);
  await workspace.db.run(
    `CREATE TABLE event (entity INTEGER, rank INTEGER, line INTEGER, time DOUBLE, arrival DOUBLE,
       ${names.map((name) => `${name} DOUBLE`).join(", ")})`,
  );
  const { matches } = planOf(detector);
  const ids = new Map<string, number>();
  const entities = new Map<string, number>();
  const writer = await columnWriter(workspace, "event", 3, 2 + metrics.length);
  const [entityColumn, rankColumn, lineColumn, timeColumn, arrivalColumn, ...valueColumns] = writer.columns;
  await readArchiveObjects(blobs, objects, (object) => {
    const rank = rankOf(object);
    return (event, arrivalMs, line) => {
      const { entity, timestamp, values } = event;
      if (timestamp < fromMs || timestamp >= toMs || !matches(event)) return;
      const count = entities.get(entity) ?? 0;
      if (count === 0) ids.set(entity, ids.size);
      entities.set(entity, count + 1);
      const at = writer.next();
      entityColumn![at] = ids.get(entity)!;
      rankColumn![at] = rank;
      lineColumn![at] = line;
      timeColumn![at] = timestamp;
      arrivalColumn![at] = arrivalMs;
      for (let index = 0; index < metrics.length; index++) {
        const value = Object.hasOwn(values, metrics[index]!) ? values[metrics[index]!] : null;
        valueColumns[index]![at] = value ?? Number.NaN;
      }
    };
  });
  writer.close();

  return {
    entities,
    async place(placeOf) {
      const places = [...ids].map(([entity, id]) => [id, placeOf(entity) ?? -1]);
      await fillTable(workspace, "place", ["entity", "place"], places);
      return (from, to) =>
        `SELECT place, time, arrival, rank, line, ${names.join(", ")}
         FROM event JOIN place USING (entity) WHERE place >= ${from} AND place < ${to}`;
    },
  };
};
