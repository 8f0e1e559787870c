import os from "node:os";
import type { Detector } from "@tidewatch/core/detector";
import { putDetector } from "@tidewatch/core/store/detectors";
import { collect } from "@tidewatch/local/collect/collect";
import { hostDetector } from "@tidewatch/local/recording/detectors";
import { toEntry } from "@tidewatch/local/recording/feed";
import type { Pipeline } from "@tidewatch/local/runtime/pipeline";

const DETECTOR_ID = "this-host";
const INTERVAL_SECONDS = 5;
/** A first model after fifteen minutes. */
const MIN_TRAINING_ROWS = 180;

/** Puts this machine's metrics on the stream until the signal aborts; makes their detector with the first sample. */
export const watchThisHost = async (
  { stream, table }: Pipeline,
  options: { intervalSeconds: number; path: string; signal: AbortSignal; onFailure: (error: unknown) => void },
): Promise<void> => {
  const { intervalSeconds, path, signal, onFailure } = options;
  let isDetected = false;
  for await (const event of collect({ entity: os.hostname(), intervalSeconds, path, signal })) {
    try {
      if (!isDetected) await putDetector(table, thisHost(event.entity, Object.keys(event.values)), undefined);
      isDetected = true;
      await stream.putMany([toEntry(event)]);
    } catch (error) {
      onFailure(error); // one lost sample of this machine must not end the pipeline
    }
  }
};

const thisHost = (entity: string, metrics: readonly string[]): Detector =>
  hostDetector({
    id: DETECTOR_ID,
    description: "The machine that this pipeline runs on.",
    entity,
    metrics,
    intervalSeconds: INTERVAL_SECONDS,
    minTrainingRows: MIN_TRAINING_ROWS,
  });
