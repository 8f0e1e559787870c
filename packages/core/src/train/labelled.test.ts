import { expect, test } from "vitest";
import { fastModels } from "../../../../test/support/examine-here.ts";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, metric, record, scorePorts, T0 } from "../../../../test/support/scoring.ts";
import { scoreBatch } from "../score/run.ts";
import { putDetector } from "../store/detectors.ts";
import { labelKey } from "../store/keys.ts";
import { type NewLabel, putLabels, removeLabel } from "../store/labels.ts";
import { dueDetectors } from "./due.ts";
import { countLabelledRows, missingLabels } from "./labelled.ts";
import { trainDetector } from "./run.ts";
import { readTrainingSeries } from "./training-series.ts";

const parts = { features: [{ metric: "cpu" }], model: { family: "random-forest", minTrainingRows: 60, trees: 10 } };
const host = detector({ ...parts });

/** 100 rows of each of two series, a second apart; every tenth is hot. */
const setUp = async (of = host) => {
  let nowMs = 77;
  const ports = { table: memoryTable(), blobs: memoryBlobs(), clock: () => nowMs++, ...fastModels };
  await putDetector(ports.table, of, undefined);
  const records = Array.from({ length: 200 }, (_, n) => {
    const row = Math.floor(n / 2);
    return record(n, metric(n % 2 === 0 ? "a" : "b", row, { cpu: row % 10 === 0 ? 90 + (row % 3) : 40 + (row % 7) }));
  });
  await scoreBatch(scorePorts(ports.table, [of], []), records);
  return ports;
};
const label = (entity: string, from: number, to: number, kind: NewLabel["label"]): NewLabel => ({
  ...{ detector: "host", entity, fromMs: T0 + from * 1000, toMs: T0 + to * 1000, label: kind },
});
const hot = Array.from({ length: 10 }, (_, n) => label("a", 10 * n, 10 * n + 1, "anomalous"));
const wide = label("a", -1000, 1_000_000, "normal");

test("a detector that learns from labels is due when there are enough of both kinds, and learns from those rows", async () => {
  const ports = await setUp();
  expect(await dueDetectors(ports)).toEqual([]);
  expect(await countLabelledRows(ports, host)).toEqual({ anomalous: 0, normal: 0 });
  await expect(trainDetector(ports, "host")).rejects.toMatchObject({
    code: "CONFLICT",
    message: /0 anomalous and 0 normal rows have labels: label some anomalous and some normal ones/,
  });
  await putLabels(ports, [wide]);
  expect(await dueDetectors(ports)).toEqual([]);
  expect(await countLabelledRows(ports, host)).toEqual({ anomalous: 0, normal: 100 });
  await putLabels(ports, hot);
  expect(await countLabelledRows(ports, host)).toEqual({ anomalous: 10, normal: 90 });
  expect(await dueDetectors(ports)).toEqual([{ detector: host, rows: 100 }]);
  const manifest = await trainDetector(ports, "host");
  expect(manifest).toMatchObject({ family: "random-forest", trainingRows: 100, params: { anomalousRows: 10 } });
  expect(await dueDetectors(ports)).toEqual([]);
});

test("too few labelled rows, or none where the labels are, leave it waiting", async () => {
  const ports = await setUp();
  await putLabels(ports, [label("b", 0, 20, "normal"), label("b", 20, 30, "anomalous")]);
  expect(await dueDetectors(ports)).toEqual([]);
  await putLabels(ports, [label("b", 30, 90, "normal")]);
  expect(await dueDetectors(ports)).toMatchObject([{ rows: 90 }]);
  for (const [from, to] of [
    [0, 20],
    [30, 90],
  ] as const)
    await removeLabel(ports.table, label("b", from, to, "normal"));
  await putLabels(ports, [label("nobody", 0, 90, "normal")]);
  expect(await dueDetectors(ports)).toEqual([]);
  expect(await countLabelledRows(ports, host)).toEqual({ anomalous: 10, normal: 0 });
});

test("rows before the first label fill its shingle", async () => {
  const shingled = detector({ ...parts, shingleSize: 3 });
  const ports = await setUp(shingled);
  await putLabels(ports, [label("a", 50, 70, "normal"), label("a", 60, 61, "anomalous"), label("a", 0, 2, "normal")]);
  expect(await countLabelledRows(ports, shingled)).toEqual({ anomalous: 1, normal: 19 });
});

test("labels far apart are read each by itself, the newest first, as many rows as it may learn", async () => {
  const DAY = 86_400;
  const ports = await setUp();
  const later = Array.from({ length: 50 }, (_, n) =>
    record(200 + n, metric("a", 3 * DAY + n, { cpu: 40 }), 0, T0 + 4 * DAY * 1000),
  );
  await scoreBatch(scorePorts(ports.table, [host], []), later);
  await putLabels(ports, [...hot, label("a", 0, 90, "normal"), label("a", 3 * DAY, 3 * DAY + 40, "normal")]);
  const lengths = async (maxRows: number) =>
    (await readTrainingSeries(ports, host, maxRows)).map(({ rows }) => rows.length);
  expect(await lengths(1000)).toEqual([40, 91]);
  expect(await countLabelledRows(ports, host)).toEqual({ anomalous: 10, normal: 121 });
  expect(await lengths(30)).toEqual([30]);
});

test("rows that another family has scored before are learnt all the same", async () => {
  const ports = await setUp(detector({ features: [{ metric: "cpu" }], model: { family: "stream" } }));
  await putDetector(ports.table, host, 1);
  await putLabels(ports, [wide, ...hot]);
  expect(await countLabelledRows(ports, host)).toEqual({ anomalous: 10, normal: 90 });
  expect(await trainDetector(ports, "host")).toMatchObject({ trainingRows: 100 });
});

test("labels that cannot be read make it due, so that its training says why; a table that is away is no such thing", async () => {
  const ports = await setUp();
  const item = { ...labelKey("host", "a", T0, T0 + 1), version: 1, doc: "{}" };
  await ports.table.putMany([{ item, condition: { kind: "any" } }]);
  expect(await dueDetectors(ports)).toEqual([{ detector: host, rows: 0 }]);
  await expect(trainDetector(ports, "host")).rejects.toMatchObject({ code: "CORRUPT" });
  const query: typeof ports.table.query = (asked) =>
    asked.pk.startsWith("LABEL#") ? Promise.reject(new Error("away")) : ports.table.query(asked);
  await expect(dueDetectors({ ...ports, table: { ...ports.table, query } })).rejects.toThrow("away");
});

test.each([
  [0, 0, 60, /^0 anomalous and 0 normal rows have labels: label some anomalous and some normal ones$/],
  [0, 500, 1, /: label some anomalous ones$/],
  [500, 1, 1, /: label some normal ones$/],
  [20, 25, 15, /^20 anomalous and 25 normal rows have labels, of 60 that it waits for: label more$/],
])("%i anomalous and %i normal rows lack %i", (anomalous, normal, rowsNeeded, text) => {
  expect(missingLabels({ anomalous, normal }, 60)).toEqual({ rowsNeeded, text: expect.stringMatching(text) });
  expect(missingLabels({ anomalous: 1, normal: 59 }, 60)).toBeUndefined();
});
