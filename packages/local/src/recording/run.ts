import { isLogDetector } from "@tidewatch/core/any-detector";
import { trainingConfig } from "@tidewatch/core/detector";
import { aliasOf } from "@tidewatch/core/register/aliases";
import { getDetector, putDetector } from "@tidewatch/core/store/detectors";
import { readHead } from "@tidewatch/core/store/read-series";
import type { Pipeline } from "../runtime/pipeline.ts";
import { hostDetector } from "./detectors.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { type FeedReport, feedRecording } from "./feed.ts";
import { incidentsOf } from "./incidents.ts";
import { type Recording, trainingEndMs } from "./recording.ts";

const RECORDING_DETECTOR = "recorded-host";
const INTERVAL_SECONDS = 5;

type Deps = Pick<Pipeline, "stream" | "table" | "blobs" | "train" | "drained">;

/** Feeds the recording through the pipeline (once per data folder) and says how well its faults were found. */
export const recordingRun = ({ stream, table, blobs, train, drained }: Deps, recording: Recording) => {
  const registry = { table, blobs };
  const span = { startMs: trainingEndMs(recording), endMs: recording.endMs };
  const head = () => readHead(table, RECORDING_DETECTOR, recording.entity);
  /** The detector that is stored may have been edited to one that is trained. */
  const hasModel = async () => {
    const stored = await getDetector(table, RECORDING_DETECTOR);
    if (!stored || isLogDetector(stored.detector) || !trainingConfig(stored.detector)) return true;
    return (await aliasOf(registry, RECORDING_DETECTOR, "champion")) !== undefined;
  };
  return {
    recording,
    feed: async (onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<FeedReport> => {
      const detector = hostDetector({
        id: RECORDING_DETECTOR,
        description: "A recorded machine with labelled faults: shows what Tidewatch finds, and how well.",
        entity: recording.entity,
        metrics: Object.keys(recording.events[0]?.values ?? {}),
        intervalSeconds: INTERVAL_SECONDS,
      });
      await putDetector(table, detector, undefined); // a conflict means that it is there, perhaps edited: it stays
      return feedRecording(
        {
          stream,
          drained,
          takenUntilMs: async () => (await head())?.state.newestMs ?? 0,
          hasModel,
          train: async () => void (await train(RECORDING_DETECTOR)),
          now: () => performance.now(),
          signal,
        },
        recording,
        onProgress,
      );
    },
    /** `undefined` until the whole recording is in. */
    evaluation: async (): Promise<Evaluation | undefined> => {
      const newestMs = (await head())?.state.newestMs ?? 0;
      if (newestMs < (recording.events.at(-1)?.timestamp ?? 0)) return undefined;
      const incidents = await incidentsOf(table, RECORDING_DETECTOR, recording.entity, INTERVAL_SECONDS * 1000, span);
      return evaluate(incidents, recording.faults, span);
    },
  };
};
export type RecordingRun = ReturnType<typeof recordingRun>;
