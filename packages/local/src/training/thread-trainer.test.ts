import { setTimeout as sleep } from "node:timers/promises";
import { loadModel } from "@tidewatch/core/register/models";
import { scoreBatch } from "@tidewatch/core/score/run";
import { putDetector } from "@tidewatch/core/store/detectors";
import { trainDetector } from "@tidewatch/core/train/run";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fastModels } from "../../../../test/support/examine-here.ts";
import { detector, metric, record, scorePorts } from "../../../../test/support/scoring.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { fileBlobs } from "../blobs/file-blobs.ts";
import { dataPaths } from "../runtime/paths.ts";
import { openSqliteTable, type SqliteTable } from "../table/sqlite-table.ts";
import { threadTrainer } from "./thread-trainer.ts";

const ROWS = 2000;
let folder: ReturnType<typeof temporaryFolder>;
let opened: SqliteTable;
let trainer: ReturnType<typeof threadTrainer>;
const registry = () => ({ table: opened.table, blobs: fileBlobs(dataPaths(folder.path).objects) });

beforeEach(async () => {
  folder = temporaryFolder();
  opened = openSqliteTable(dataPaths(folder.path).table, { now: Date.now });
  trainer = threadTrainer(folder.path);
  const host = detector({ model: { minTrainingRows: 1000, trees: 1000, sampleSize: 500 } });
  await putDetector(opened.table, host, undefined);
  const events = Array.from({ length: ROWS }, (_, row) => metric("a", row, { cpu: row % 17, memory: row % 23 }));
  await scoreBatch(
    scorePorts(opened.table, [host], []),
    events.map((event, row) => record(row, event)),
  );
});
afterEach(async () => {
  await trainer.close();
  opened.close();
  folder.remove();
});

/** The longest time, in ms, that this thread's event loop stood still while something went on. */
const longestStandstill = async (work: Promise<unknown>): Promise<number> => {
  let longest = 0;
  let isDone = false;
  const watching = (async () => {
    for (let before = performance.now(); !isDone; ) {
      await new Promise(setImmediate);
      const now = performance.now();
      longest = Math.max(longest, now - before);
      before = now;
    }
  })();
  await work;
  isDone = true;
  await watching;
  return longest;
};

describe("threadTrainer", () => {
  it("makes the model that a training here makes, while this thread goes on", async () => {
    const elsewhere = await longestStandstill(trainer.train("host"));
    const here = trainDetector({ ...registry(), clock: Date.now, ...fastModels }, "host");
    expect(elsewhere).toBeLessThan((await longestStandstill(here)) / 3);
    const [first, second] = [await loadModel(registry(), "host", 1), await loadModel(registry(), "host", 2)];
    expect(Buffer.compare(first.onnx, second.onnx)).toBe(0);
    const { version, trainedAtMs } = first.manifest;
    expect({ ...second.manifest, version, trainedAtMs }).toEqual(first.manifest);
  });

  it("hands on why a detector cannot be trained", async () => {
    await expect(trainer.train("nobody")).rejects.toMatchObject({ code: "NOT_FOUND", message: /no detector nobody/ });
    await putDetector(opened.table, detector({ id: "new" }), undefined);
    await expect(trainer.train("new")).rejects.toMatchObject({ code: "CONFLICT", message: /needs 600/ });
  });

  it("trains one after the other, and goes on after a failure", async () => {
    const [first, failed, second] = await Promise.allSettled(["host", "nobody", "host"].map(trainer.train));
    expect([first, second]).toMatchObject([{ value: { version: 1 } }, { value: { version: 2 } }]);
    expect(failed).toMatchObject({ status: "rejected" });
  });

  it("gives up what is under way or waiting when it closes", async () => {
    const trainings = [trainer.train("host"), trainer.train("host")];
    const settled = Promise.allSettled(trainings);
    // The first thread starts meanwhile, which takes it longer than this.
    await sleep(20);
    await trainer.close();
    for (const outcome of await settled) expect(outcome).toMatchObject({ reason: { code: "UNAVAILABLE" } });
    await expect(trainer.train("host")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
