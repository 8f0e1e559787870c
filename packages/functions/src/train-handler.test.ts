import { AppError } from "@tidewatch/core/errors";
import { promote } from "@tidewatch/core/register/models";
import { putDetector } from "@tidewatch/core/store/detectors";
import type { TrainReport } from "@tidewatch/core/train/run-due";
import { expect, test } from "vitest";
import { memoryBlobs } from "../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../test/support/memory-table.ts";
import { detector } from "../../../test/support/scoring.ts";
import { trainHandler } from "./train-handler.ts";

test("a run that could not announce a model tells what it did, and then fails", async () => {
  const [table, blobs] = [memoryTable(), memoryBlobs()];
  await putDetector(table, detector({}), undefined);
  await promote({ table, blobs }, "host", 3, 7, { by: "test", reason: "test" });
  const reports: TrainReport[] = [];
  const published: string[] = [];
  let isAway = true;
  const handler = trainHandler({
    ...{ table, blobs, clock: () => 9 },
    train: () => Promise.reject(new Error("nothing is due")),
    bus: {
      publish: async (events) => {
        if (isAway) throw new AppError("UNAVAILABLE", "no bus");
        published.push(...events.map(({ id }) => id));
      },
    },
    onReport: (report) => void reports.push(report),
  });
  await expect(handler()).rejects.toThrow("no bus");
  isAway = false;
  await handler();
  expect(reports.map(({ announceFailure }) => announceFailure !== undefined)).toEqual([true, false]);
  expect(published).toEqual(["model.promoted#host#3#7"]);
});
