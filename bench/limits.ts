import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import Database from "better-sqlite3";
import { stopwatch } from "./measure.ts";
import { benchDetector, benchEntries, benchModel, benchVectors } from "./workload.ts";

/** What cannot be beaten on this machine: measured in the same run, so that ratios hold on a slow or busy one. */

const perSecond = (count: number, work: () => void): number => {
  const time = stopwatch();
  work();
  return count / time().wallSeconds;
};

/** Events a second that `JSON.parse` alone gets through. */
export const jsonParseLimit = (events = 200_000): number => {
  const texts = [...benchEntries(events)].map(({ data }) => Buffer.from(data));
  return perSecond(events, () => {
    for (const text of texts) JSON.parse(text.toString("utf8"));
  });
};

/** Rows a second through the model alone, in runs of the given size, on one thread. */
export const modelLimit = async (rowsPerRun = 5000, runs = 40): Promise<number> => {
  const { manifest, onnx } = await benchModel(benchDetector());
  const model = await onnxRuntime().load(onnx);
  const rows = benchVectors(manifest, rowsPerRun);
  await model.run(rows, rowsPerRun);
  const time = stopwatch();
  for (let run = 0; run < runs; run++) await model.run(rows, rowsPerRun);
  return (rowsPerRun * runs) / time().wallSeconds;
};

/** Rows a second that SQLite inserts, one row an event, 500 to a transaction, each synced to disk. */
export const sqliteLimit = (events = 200_000): number => {
  const directory = mkdtempSync(join(tmpdir(), "tidewatch-bench-"));
  const database = new Database(join(directory, "limit.sqlite"));
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec("CREATE TABLE record (id INTEGER PRIMARY KEY, key TEXT, data BLOB)");
  const insert = database.prepare("INSERT INTO record (key, data) VALUES (?, ?)");
  const all = [...benchEntries(events)];
  const insertMany = database.transaction((from: number, to: number) => {
    for (let at = from; at < to; at++) insert.run(all[at]?.partitionKey, all[at]?.data);
  });
  const rate = perSecond(events, () => {
    for (let at = 0; at < events; at += 500) insertMany(at, Math.min(events, at + 500));
  });
  database.close();
  rmSync(directory, { recursive: true, force: true });
  return rate;
};
