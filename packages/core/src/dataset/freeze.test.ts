import { describe, expect, it } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, T0 } from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { putLabels } from "../store/labels.ts";
import { PART_BYTES } from "./codec.ts";
import { DatasetQuery } from "./dataset.ts";
import type { EventSource } from "./events.ts";
import { freezeDataset } from "./freeze.ts";
import { datasetInfoKey, datasetPartKey, datasetReader, listDatasets } from "./read.ts";

const SECOND = 1000;
type Rows = Record<string, (readonly [seconds: number, cpu: number, memory: number])[]>;

/** Events as a source gives them, in blocks of a thousand. */
const sourceOf = (rows: Rows): EventSource => ({
  read: (_query, use) =>
    use({
      entities: Object.keys(rows),
      blocks: (async function* () {
        for (const [entity, all] of Object.entries(rows)) {
          for (let from = 0; from < all.length; from += 1000) {
            const part = all.slice(from, from + 1000);
            const column = (at: 0 | 1 | 2) => Float64Array.from(part, (row) => row[at]);
            const timestamps = column(0).map((seconds) => T0 + seconds * SECOND);
            yield { entity, count: part.length, timestamps, arrivals: timestamps, values: [column(1), column(2)] };
          }
        }
      })(),
    }),
});
const line = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => [from + at, at % 7, at % 11] as const);

const world = (rows: Rows, of: Detector = detector({})) => {
  const ports = { table: memoryTable(), blobs: memoryBlobs(), clock: () => T0, events: sourceOf(rows) };
  const query = (more: Partial<DatasetQuery> = {}) =>
    DatasetQuery.parse({ detector: of, fromMs: T0, toMs: T0 + 1e9, exclude: [], maxRows: 1e6, ...more });
  return {
    ...ports,
    freeze: (more: Partial<DatasetQuery> = {}) => freezeDataset(ports, query(more)),
    read: datasetReader(ports.blobs),
  };
};

describe("freezeDataset", () => {
  it("keeps the newest rows, as many of each series, and forgets the others on the way", async () => {
    const { freeze, read } = world({ a: line(100_000), b: line(40, 5) });
    const info = await freeze({ maxRows: 100 });
    expect(info).toMatchObject({ rows: 90, series: 2, labels: { anomalous: 0, normal: 0 } });
    const { series } = await read(info.hash);
    expect(series.map(({ entity, timestamps }) => [entity, timestamps.length])).toEqual([
      ["a", 50],
      ["b", 40],
    ]);
    expect(series[0]!.timestamps[0]).toBe(T0 + 99_950 * SECOND);
    expect(series[0]!.rows[49]).toEqual(Float64Array.of(99_999 % 7, 99_999 % 11));
    expect(series[1]!.imputed).toEqual(new Array(40).fill(false));
  });

  it("breaks the rows where something is left out, and counts it by its reason", async () => {
    const { freeze, read } = world({ a: line(10), b: line(10) });
    const span = (entity: string, from: number, to: number, reason: string) => ({
      ...{ entity, fromMs: T0 + from * SECOND, toMs: T0 + to * SECOND, reason },
    });
    const exclude = [span("a", 3, 5, "first"), span("*", 4, 6, "second"), span("b", 0, 100, "all")];
    const info = await freeze({ exclude });
    expect(info).toMatchObject({ rows: 7, series: 1, excluded: { first: 2, second: 3, all: 8 } });
    const { series } = await read(info.hash);
    expect(series[0]!.rows.map((row) => row?.[0] ?? null)).toEqual([0, 1, 2, null, 6, 0, 1, 2]);
    await expect(freeze({ exclude: [span("*", 0, 100, "freeze")] })).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringMatching(/no rows in the archive .*: 20 left out \(freeze\)/),
    });
  });

  it("gives labels with the rows; for a family that learns from them only series that have some", async () => {
    const { freeze, read, table } = world(
      { a: line(10), b: line(10) },
      detector({ model: { family: "random-forest" } }),
    );
    await expect(freeze()).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringMatching(/not be archived/),
    });
    await putLabels({ table, clock: () => T0 }, [
      { detector: "host", entity: "b", fromMs: T0 + 2 * SECOND, toMs: T0 + 4 * SECOND, label: "anomalous" },
      { detector: "host", entity: "b", fromMs: T0 + 7 * SECOND, toMs: T0 + 8 * SECOND, label: "normal" },
    ]);
    const exclude = [{ entity: "*", fromMs: T0 + 3 * SECOND, toMs: T0 + 4 * SECOND, reason: "out" }];
    const info = await freeze({ exclude });
    expect(info).toMatchObject({ series: 1, labels: { anomalous: 1, normal: 1 } });
    const { series } = await read(info.hash);
    expect(series[0]!.labels).toEqual([null, null, 1, null, null, null, null, 0, null, null]);
    expect({ ...series[0] }).toHaveProperty("labels");
  });

  it("finds a dataset again, and lists those that there are", async () => {
    const { freeze, blobs, table } = world({ a: line(10) });
    const first = await freeze();
    const other = await freeze({ maxRows: 5 });
    const writes = blobs.objects.size;
    expect(await freeze()).toEqual(first);
    expect(blobs.objects.size).toBe(writes);
    const hashes = [first.hash, other.hash].sort();
    expect((await listDatasets(table, { limit: 10 })).map(({ hash }) => hash)).toEqual(hashes);
    expect((await listDatasets(table, { after: hashes[0], limit: 10 })).map(({ hash }) => hash)).toEqual([hashes[1]]);
    await table.putMany([{ item: { pk: "DATASET", sk: "x", version: 1, doc: "{}" }, condition: { kind: "any" } }]);
    await expect(listDatasets(table, { limit: 10 })).rejects.toMatchObject({ code: "CORRUPT" });
  });

  it("is cut into objects of 4 MB, and goes on after a crash between them", async () => {
    const { freeze, read, blobs } = world({ a: line(200_000) });
    const info = await freeze({ maxRows: 2e6 });
    expect(info.bytes).toBeGreaterThan(PART_BYTES);
    const whole = new Map(blobs.objects);
    blobs.objects.delete(datasetPartKey(info.hash, 1));
    await expect(read(info.hash)).rejects.toMatchObject({ code: "CORRUPT", message: /part 1 is missing/ });
    blobs.objects.delete(datasetInfoKey(info.hash));
    expect(await freeze({ maxRows: 2e6 })).toEqual(info);
    expect(new Map(blobs.objects)).toEqual(whole);
    expect((await read(info.hash)).series[0]!.rows).toHaveLength(200_000);
  });
});

describe("reading a dataset", () => {
  it("says when there is none, and when its bytes are not those that were frozen", async () => {
    const { freeze, read, blobs } = world({ a: line(10) });
    const { hash } = await freeze();
    await expect(read("0".repeat(64))).rejects.toMatchObject({ code: "NOT_FOUND" });
    const key = datasetPartKey(hash, 0);
    const bytes = blobs.objects.get(key)!;
    blobs.objects.set(
      key,
      bytes.map((byte, at) => (at === 50 ? byte ^ 1 : byte)),
    );
    await expect(read(hash)).rejects.toMatchObject({ code: "CORRUPT", message: /not those of its hash/ });
    for (const text of ["", "{}"]) {
      blobs.objects.set(datasetInfoKey(hash), Buffer.from(text));
      await expect(read(hash)).rejects.toMatchObject({ code: "CORRUPT", message: /info.json cannot be read/ });
    }
  });
});
