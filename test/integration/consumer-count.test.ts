import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BY_BATCH } from "../campaign/check.ts";
import { producedRecord } from "../campaign/events.ts";
import { prepareDirectory } from "../campaign/setup.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const RECORDS = 30_000;
const PRODUCERS = 3;
const PER_PUT = 500;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  // Heads know when records arrived: all streams of a test get theirs at the same time.
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  folder.remove();
});

/** Puts while the consumers run, so that their batches end wherever they happen to. */
const runWith = async (consumers: number) => {
  const directory = join(folder.path, `with-${consumers}`);
  await prepareDirectory(directory);
  const pipeline = await startPipeline({ directory, consumers });
  try {
    for (let from = 0; from < RECORDS / PRODUCERS; from += PER_PUT) {
      for (let producer = 0; producer < PRODUCERS; producer++) {
        const records = Array.from({ length: PER_PUT }, (_, index) => producedRecord(producer, from + index));
        await pipeline.stream.putMany(
          records.map(({ partitionKey, data }) => ({ partitionKey, data: new TextEncoder().encode(data) })),
        );
      }
    }
    await pipeline.drained();
    const { archive, score, log, detectors } = await pipeline.status();
    return {
      digest: pipeline.digest("", BY_BATCH),
      archive,
      score,
      log,
      detectors,
      quarantine: quarantineDigest(directory),
    };
  } finally {
    await pipeline.close();
  }
};

/** Lines of all quarantine objects, sorted: how they are cut into objects depends on the batches. */
const quarantineDigest = (directory: string): string => {
  const root = join(dataPaths(directory).objects, "quarantine");
  const lines = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => readFileSync(path, "utf8").trimEnd().split("\n"));
  return createHash("sha256").update(lines.sort().join("\n")).digest("hex");
};

test("one, two and four consumers leave the same table, byte for byte", async () => {
  const alone = await runWith(1);
  expect(alone.archive.received).toBe(RECORDS);
  expect(alone.log.deliveries).toBeGreaterThan(RECORDS / 100);
  expect(alone.detectors.reduce((sum, { scored }) => sum + scored, 0)).toBeGreaterThan(RECORDS / 2);
  expect(alone.detectors.reduce((sum, { anomalies }) => sum + anomalies, 0)).toBeGreaterThan(0);
  expect(await runWith(2)).toEqual(alone);
  expect(await runWith(4)).toEqual(alone);
}, 180_000);
