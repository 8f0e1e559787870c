import { mkdir } from "node:fs/promises";
import { Detector } from "@tidewatch/core/detector";
import { featureHash } from "@tidewatch/core/feature/hash";
import { LogDetector } from "@tidewatch/core/log/detector";
import { announceModels } from "@tidewatch/core/register/announce";
import { promote, registerModel, reserveVersion } from "@tidewatch/core/register/models";
import { putDetector } from "@tidewatch/core/store/detectors";
import { fitDetector } from "@tidewatch/core/train/fit";
import { fileBlobs } from "@tidewatch/local/blobs/file-blobs";
import { dataPaths } from "@tidewatch/local/runtime/paths";
import { openSqliteTable } from "@tidewatch/local/table/sqlite-table";
import { trainingRows } from "./events.ts";

/** Setting up happens at this time, so that two folders are set up to the same bytes. */
const SETUP_MS = Date.UTC(2026, 10, 20, 7, 0, 0);
const TRAINING_ROWS = 1200;

/** One detector scores each observation, the other aggregates some of the entities, so that windows cross batches. */
const DETECTORS = [
  {
    id: "every-row",
    features: [{ metric: "cpu" }, { metric: "memory" }],
    model: { family: "isolation-forest", trees: 50 },
  },
  {
    id: "intervals",
    match: { entity: "host-1-*" },
    features: [{ metric: "cpu", aggregate: "max" }, { metric: "memory" }],
    intervalSeconds: 5,
    shingleSize: 2,
    missing: "last",
    model: { family: "isolation-forest", trees: 50 },
  },
].map((document) => Detector.parse(document));

/** Sessions end by their length: when a silence ends one depends on what else has come by then. */
const LOG_DETECTOR = LogDetector.parse({
  id: "jobs",
  match: { type: "log" },
  session: { idleSeconds: 7 * 86_400, maxLines: 3 },
});
export const LOG_DETECTOR_ID = LOG_DETECTOR.id;

/** The same choice of entities in other words than the product's, to check it by. */
export const DETECTOR_MATCHES: { id: string; matches: (entity: string) => boolean }[] = [
  { id: "every-row", matches: () => true },
  { id: "intervals", matches: (entity) => entity.startsWith("host-1-") },
];

/** A data folder with detectors and trained models, before its pipeline has ever run. */
export const prepareDirectory = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true });
  const paths = dataPaths(directory);
  const { table, close } = openSqliteTable(paths.table, { now: () => SETUP_MS });
  const blobs = fileBlobs(paths.objects);
  const { timestamps, rows } = trainingRows(TRAINING_ROWS);
  await putDetector(table, LOG_DETECTOR, undefined);
  for (const detector of DETECTORS) {
    await putDetector(table, detector, undefined);
    const version = await reserveVersion({ table }, detector.id);
    const options = { version, seed: 1, nowMs: SETUP_MS, featureHash: featureHash(detector) };
    await registerModel({ table, blobs }, await fitDetector(detector, [{ timestamps, rows }], options));
    await promote({ table, blobs }, detector.id, version, SETUP_MS, { by: "test", reason: "test" });
  }
  // Otherwise the schedule does it after a few seconds, and only a run that is longer has the note of it.
  const bus = { publish: async () => {} };
  await announceModels(
    { table, bus },
    DETECTORS.map(({ id }) => id),
  );
  close();
};
