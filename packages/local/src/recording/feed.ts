import type { EventStream } from "@tidewatch/core/store/ports";
import type { CollectedEvent } from "../collect/collect.ts";
import { type Recording, trainingEndMs } from "./recording.ts";

export type FeedPorts = {
  stream: EventStream;
  /** Resolves when the consumers are past everything that is on the stream now. */
  drained(): Promise<void>;
  /** Time of the newest recorded event that was taken in, 0 for none: where an earlier, interrupted run ended. */
  takenUntilMs(): Promise<number>;
  hasModel(): Promise<boolean>;
  train(): Promise<void>;
  now(): number;
  /** Ends the feed after the put under way. */
  signal: AbortSignal;
};

export type FeedReport = { events: number; seconds: number; isInterrupted: boolean };

/** Events per put: Kinesis takes 500 records a call. */
const EVENTS_PER_PUT = 500;

/**
 * Puts the recording on the stream at full speed: first the part without faults, then, with a model trained on it, the
 * rest. Goes on where an earlier run was interrupted, so that no event is there twice.
 */
export const feedRecording = async (
  ports: FeedPorts,
  recording: Recording,
  onProgress: (done: number, total: number) => void,
): Promise<FeedReport> => {
  await ports.drained();
  const takenUntilMs = await ports.takenUntilMs();
  const left = recording.events.filter((event) => event.timestamp > takenUntilMs);
  const splitMs = trainingEndMs(recording);
  const startMs = ports.now();
  let done = recording.events.length - left.length;
  const put = async (events: readonly CollectedEvent[]) => {
    for (let at = 0; at < events.length && !ports.signal.aborted; at += EVENTS_PER_PUT) {
      const part = events.slice(at, at + EVENTS_PER_PUT);
      await ports.stream.putMany(part.map(toEntry));
      done += part.length;
      onProgress(done, recording.events.length);
    }
    if (!ports.signal.aborted) await ports.drained();
  };
  await put(left.filter((event) => event.timestamp < splitMs));
  if (!ports.signal.aborted && !(await ports.hasModel())) await ports.train();
  await put(left.filter((event) => event.timestamp >= splitMs));
  return { events: left.length, seconds: (ports.now() - startMs) / 1000, isInterrupted: ports.signal.aborted };
};

export const toEntry = (event: CollectedEvent) => ({
  partitionKey: event.entity,
  data: new TextEncoder().encode(JSON.stringify(event)),
});
