import os from "node:os";
import { isLogDetector } from "@tidewatch/core/any-detector";
import type { Detector } from "@tidewatch/core/detector";
import { getDetector, putDetector } from "@tidewatch/core/store/detectors";
import { collect } from "@tidewatch/local/collect/collect";
import { hostDetector } from "@tidewatch/local/recording/detectors";
import { toEntry } from "@tidewatch/local/recording/feed";
import type { Pipeline } from "@tidewatch/local/runtime/pipeline";

const DETECTOR_ID = "this-host";
const INTERVAL_SECONDS = 5;

/** Puts this machine's metrics on the stream until the signal aborts; makes their detector with the first sample. */
export const watchThisHost = async (
  { stream, table }: Pipeline,
  options: { intervalSeconds: number; path: string; signal: AbortSignal; onFailure: (error: unknown) => void },
): Promise<void> => {
  const { intervalSeconds, path, signal, onFailure } = options;
  let isDetected = false;
  for await (const event of collect({ entity: os.hostname(), intervalSeconds, path, signal })) {
    try {
      if (!isDetected) await ensureDetector(table, event.entity, Object.keys(event.values));
      isDetected = true;
      await stream.putMany([toEntry(event)]);
    } catch (error) {
      onFailure(error); // one lost sample of this machine must not end the pipeline
    }
  }
};

/** What somebody changed in the detector stays, except that it follows this machine when its name changes. */
const ensureDetector = async (table: Pipeline["table"], entity: string, metrics: readonly string[]): Promise<void> => {
  const stored = await getDetector(table, DETECTOR_ID);
  if (!stored) return void (await putDetector(table, thisHost(entity, metrics), undefined));
  const { detector, version } = stored;
  if (isLogDetector(detector) || detector.match.entity === entity) return;
  await putDetector(table, { ...detector, match: { ...detector.match, entity } }, version);
};

const thisHost = (entity: string, metrics: readonly string[]): Detector =>
  hostDetector({
    id: DETECTOR_ID,
    description: "The machine that this pipeline runs on.",
    entity,
    metrics,
    intervalSeconds: INTERVAL_SECONDS,
  });
