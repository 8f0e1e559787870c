import { featureNames, shingleSizeOf } from "../detector.ts";
import { AppError } from "../errors.ts";
import { learnsFromLabels } from "../model/families.ts";
import { datasetKey } from "../store/keys.ts";
import { type Label, listLabels } from "../store/labels.ts";
import type { Blobs, Clock, Table } from "../store/ports.ts";
import { labelAt } from "../train/row-labels.ts";
import { type DatasetParts, datasetWriter } from "./codec.ts";
import { DatasetInfo, type DatasetQuery } from "./dataset.ts";
import type { EventSource, FoundEvents } from "./events.ts";
import { datasetHash } from "./hash.ts";
import { datasetInfoKey, datasetPartKey, findDataset } from "./read.ts";
import { DatasetRow, eventsOf, rowMaker, type SeriesRows } from "./series-rows.ts";

export type FreezePorts = { table: Table; blobs: Blobs; clock: Clock; events: EventSource };

/**
 * Makes the rows of a query from the archive and keeps them under the hash of both. Parts first, then what they are, then
 * the item that lists them: a crash leaves parts that the next freeze finds again.
 * @throws AppError CONFLICT when there is no row
 */
export const freezeDataset = async (ports: FreezePorts, query: DatasetQuery): Promise<DatasetInfo> => {
  const labels = await labelsOf(ports.table, query);
  const made = await ports.events.read(eventsOf(query), (found) => makeRows(query, labels, found));
  const { rows, series, bytes, parts, excluded, counts } = made;
  const { detector, fromMs, toMs } = query;
  if (rows === 0) throw noRows(query, excluded);
  const hash = datasetHash(query, parts);
  const known = await findDataset(ports.blobs, hash);
  const info: DatasetInfo = known?.info ?? {
    ...{ hash, detector: detector.id, fromMs, toMs, series, rows, excluded, labels: counts, bytes },
    createdAtMs: ports.clock(),
  };
  if (!known) {
    for (const [index, part] of parts.entries()) await ports.blobs.putIfAbsent(datasetPartKey(hash, index), part);
    const document = new TextEncoder().encode(JSON.stringify({ info, query }));
    await ports.blobs.putIfAbsent(datasetInfoKey(hash), document);
  }
  const item = { ...datasetKey(hash), version: 1, doc: JSON.stringify(DatasetInfo.parse(info)) };
  await ports.table.putMany([{ item, condition: { kind: "absent" } }]);
  return info;
};

const noRows = ({ detector, fromMs, toMs }: DatasetQuery, excluded: Record<string, number>): AppError => {
  const span = `from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
  const left = Object.entries(excluded).map(([reason, count]) => `${count} left out (${reason})`);
  const why = left.length > 0 ? `: ${left.join(", ")}` : ": its events may not be archived yet, or lie at another time";
  return new AppError("CONFLICT", `detector ${detector.id} has no rows in the archive ${span}${why}`);
};

const labelsOf = async (table: Table, { detector }: DatasetQuery): Promise<Map<string, Label[]>> =>
  Map.groupBy(
    (await listLabels(table, detector.id)).map(({ label }) => label),
    ({ entity }) => entity,
  );

type MadeRows = DatasetParts & { excluded: Record<string, number>; counts: DatasetInfo["labels"] };

/** Of a family that learns from labels: series that have some. */
const makeRows = async (
  query: DatasetQuery,
  labels: ReadonlyMap<string, readonly Label[]>,
  { entities, blocks }: FoundEvents,
): Promise<MadeRows> => {
  const { detector, maxRows } = query;
  const onlyLabelled = learnsFromLabels(detector.model);
  const isWanted = (entity: string) => !onlyLabelled || labels.has(entity);
  const wanted = entities.filter(isWanted).length;
  const limit = Math.max(Math.ceil(maxRows / Math.max(1, wanted)), shingleSizeOf(detector));
  const maker = rowMaker(query, limit);
  const writer = datasetWriter(featureNames(detector).length);
  const counts = { anomalous: 0, normal: 0 };
  let open: string | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const rows = maker.end();
    if (rows.usable > 0) writer.add(open, rows, labelRows(rows, labels.get(open), counts));
  };
  for await (const block of blocks) {
    if (!isWanted(block.entity)) continue;
    if (block.entity !== open) {
      close();
      open = block.entity;
      maker.begin(open);
    }
    maker.take(block);
  }
  close();
  return { ...writer.end(), excluded: maker.excluded(), counts };
};

const labelRows = (
  { count, timestamps, kinds }: SeriesRows,
  labels: readonly Label[] | undefined,
  counts: DatasetInfo["labels"],
): Int8Array | undefined => {
  if (!labels) return undefined;
  const at = labelAt(labels);
  const known = new Int8Array(count).fill(-1);
  for (let row = 0; row < count; row++) {
    const label = kinds[row] === DatasetRow.break ? null : at(timestamps[row]!);
    if (label === null) continue;
    known[row] = label;
    counts[label === 1 ? "anomalous" : "normal"]++;
  }
  return known;
};
