import { join } from "node:path";
import { RowState } from "@tidewatch/core/feature/rows";
import type { Anomaly } from "@tidewatch/core/store/anomaly";
import { writer, written } from "@tidewatch/core/store/binary";
import { encodeHead, type Head, noCounts } from "@tidewatch/core/store/head";
import { anomalyKey, headKey } from "@tidewatch/core/store/keys";
import { appendPoint, NO_LINK, startChunk } from "@tidewatch/core/store/points";
import type { Item } from "@tidewatch/core/store/ports";
import { type AnomalyQuery, listAnomalies, type Place } from "@tidewatch/functions/api/results/anomalies";
import { openSqliteTable, type SqliteTable } from "@tidewatch/local/table/sqlite-table";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);

let folder: ReturnType<typeof temporaryFolder>;
let table: SqliteTable;
beforeEach(() => {
  folder = temporaryFolder();
  table = openSqliteTable(join(folder.path, "table.db"), { now: Date.now });
});
afterEach(() => {
  table.close();
  folder.remove();
});

/** With the heads that confirm them: every row of their series is an anomaly. */
const putAnomalies = async (anomalies: readonly Anomaly[]) => {
  const bySeries = Map.groupBy(anomalies, ({ detector, entity }) => JSON.stringify([detector, entity]));
  for (const rows of bySeries.values()) {
    const items = rows.map((anomaly, row): Item => {
      const key = anomalyKey(anomaly.detector, anomaly.timestamp, anomaly.entity, row, "0".repeat(16));
      return { ...key, version: 1, doc: JSON.stringify({ ...anomaly, row }) };
    });
    await table.table.putMany([headOf(rows), ...items].map((item) => ({ item, condition: { kind: "any" } })));
  }
};

const headOf = (rows: readonly Anomaly[]): Item => {
  const { detector, entity } = rows[0]!;
  const [chunk, none] = [writer(64), new Float64Array(0)];
  const unexpected = { isExpected: false, expected: none, lower: none, upper: none };
  const baseMs = rows[0]!.timestamp;
  startChunk(chunk, {
    features: 0,
    baseMs,
    firstRow: 0,
    link: NO_LINK,
    rowsHash: NO_LINK,
    modelVersion: 1,
    configHash,
    threshold: 3,
  });
  rows.forEach(({ timestamp, score }, row) => {
    const point = {
      timestampMs: timestamp,
      state: RowState.scored,
      isAnomaly: true,
      isSuppressed: false,
      score,
    };
    appendPoint(chunk, rows[row - 1]?.timestamp ?? baseMs, point, none, 0, unexpected, 0);
  });
  const doubles = { window: none, windowTimes: none, lastValues: none, lastTimes: none, buckets: [] };
  const head: Head = {
    ...{
      counts: noCounts(),
      rowsHash: NO_LINK,
      featureHash: NO_LINK,
      shards: [],
      rows: rows.length,
      lastRowMs: rows.at(-1)!.timestamp,
    },
    ...{ link: NO_LINK, levels: { rows: 0, levels: none, spreads: none }, incident: undefined },
    ...{
      state: { newestMs: 0, closedUntilMs: 0, filled: 0, ...doubles },
      alarms: undefined,
      chunk: new Uint8Array(0),
    },
  };
  return { ...headKey(detector, entity), version: 0, bytes: encodeHead(head, written(chunk), "a series") };
};
const configHash = "0".repeat(16);

const anomalyAt = (detector: string, entity: string, timestamp: number): Anomaly => ({
  ...{ detector, entity, timestamp, row: 0, score: 4, threshold: 3, grade: 0.4 },
  ...{ values: {}, expected: {}, lower: {}, upper: {}, attribution: {} },
  ...{ modelVersion: 1, configHash, incidentId: null, suppressedBy: null },
});

const walk = async (query: Omit<AnomalyQuery, "after">): Promise<Anomaly[]> => {
  const all: Anomaly[] = [];
  let after: Place | undefined;
  do {
    const page = await listAnomalies(table.table, { ...query, after });
    expect(page.anomalies.length).toBeLessThanOrEqual(query.limit);
    all.push(...page.anomalies);
    after = page.resume;
  } while (after);
  return all;
};
const nameOf = ({ detector, entity, timestamp }: Anomaly) => `${timestamp} ${detector} ${entity}`;

test("pages of any size give each anomaly of the range once, newest first", async () => {
  // Few values of each kind, so that times, entities and detectors meet.
  const one = fc.record({
    detector: fc.constantFrom("a", "b", "c"),
    entity: fc.constantFrom("x", "x#", "y/z"),
    timestamp: fc.integer({ min: 0, max: 40 }).map((step) => START_MS + (step * DAY_MS) / 4),
  });
  const law = fc.asyncProperty(
    fc.array(one, { maxLength: 40 }),
    fc.integer({ min: 1, max: 7 }),
    async (drawn, limit) => {
      await clear();
      const anomalies = drawn.map(({ detector, entity, timestamp }) => anomalyAt(detector, entity, timestamp));
      await putAnomalies(anomalies);
      const range = { fromMs: START_MS + DAY_MS, toMs: START_MS + 8 * DAY_MS };
      const found = await walk({ detectors: ["a", "b"], entity: undefined, ...range, limit });
      const wanted = anomalies.filter(
        ({ detector, timestamp }) => detector !== "c" && timestamp >= range.fromMs && timestamp < range.toMs,
      );
      expect(found.map(nameOf).sort()).toEqual(wanted.map(nameOf).sort());
      const times = found.map(({ timestamp }) => timestamp);
      expect(times).toEqual([...times].sort((a, b) => b - a));
    },
  );
  await fc.assert(law, { numRuns: 50 });
});

/** Expires what earlier runs of the law have left. */
const clear = async () => {
  for (const detector of ["a", "b", "c"]) {
    for (let day = 0; day <= 10; day++) {
      const { pk } = anomalyKey(detector, START_MS + day * DAY_MS, "", 0, "");
      const items = await table.table.query({ pk, limit: 1000 });
      await table.table.putMany(
        items.map((item) => ({ item: { ...item, expiresAtMs: 1 }, condition: { kind: "any" } })),
      );
    }
  }
};

test("a filter by entity finds the few among the many of one day", async () => {
  const many = Array.from({ length: 500 }, (_, index) => anomalyAt("a", "many", START_MS + index));
  await putAnomalies([anomalyAt("a", "few", START_MS + 3), ...many, anomalyAt("a", "few", START_MS + 450)]);
  const range = { fromMs: START_MS, toMs: START_MS + DAY_MS };
  const found = await walk({ detectors: ["a"], entity: "few", ...range, limit: 1 });
  expect(found.map(({ timestamp }) => timestamp - START_MS)).toEqual([450, 3]);
});

test("decades without an anomaly are crossed by an empty page that goes on", async () => {
  const [old, fresh] = [Date.UTC(1995, 0, 1), Date.UTC(2026, 0, 1)];
  await putAnomalies([anomalyAt("a", "x", old), anomalyAt("a", "x", fresh)]);
  const found = await walk({ detectors: ["a"], entity: undefined, fromMs: old, toMs: fresh + 1, limit: 10 });
  expect(found.map(({ timestamp }) => timestamp)).toEqual([fresh, old]);
});
