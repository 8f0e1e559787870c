import { AWS, type Deployment } from "./deployment.ts";
import type { MeasuredDetector } from "./measured-detectors.ts";
import { SECONDS_PER_MONTH, type Workload } from "./workload.ts";

/** How one consumer's batches come out, on average. */
export type Batching = {
  shards: number;
  /** Shards that any event falls into: no more than there are entities. */
  activeShards: number;
  eventsPerSecondAndShard: number;
  eventsPerBatch: number;
  secondsPerBatch: number;
  /** Entities that a batch has events of. */
  entitiesPerBatch: number;
  batchesPerMonth: number;
};

/** Enough shards to take twice the mean rate: that is how on-demand streams are scaled. */
export const shardsFor = (eventsPerSecond: number, eventBytes: number): number =>
  Math.max(
    AWS.leastShards,
    Math.ceil((AWS.shardHeadroom * eventsPerSecond) / AWS.shardRecordsPerSecond),
    Math.ceil((AWS.shardHeadroom * eventsPerSecond * eventBytes) / AWS.shardBytesPerSecond),
  );

/**
 * Expected number of different entities among `events` of `entities`. Even arrivals come round in turn. Random ones leave
 * an entity out with probability (1 − 1/entities) each time.
 */
export const entitiesAmong = (events: number, entities: number, arrivals: Workload["arrivals"]): number =>
  arrivals === "even" ? Math.min(events, entities) : entities * (1 - (1 - 1 / entities) ** events);

type Mapping = Pick<Deployment["mappings"]["score"], "batchSize"> & { windowSeconds: number };

/**
 * A batch ends with its window, when it is full, or at 6 MB, whatever is first.
 * @param shards of the stream: more where others put onto it too
 */
export const batchingOf = (
  { eventsPerSecond, entities, arrivals }: Pick<Workload, "eventsPerSecond" | "entities" | "arrivals">,
  { batchSize, windowSeconds }: Mapping,
  { eventBytes, payloadBytes }: Pick<MeasuredDetector, "eventBytes" | "payloadBytes">,
  shards = shardsFor(eventsPerSecond, eventBytes),
): Batching => {
  const activeShards = Math.min(shards, entities);
  const eventsPerSecondAndShard = eventsPerSecond / activeShards;
  const gathered = eventsPerSecondAndShard * Math.max(windowSeconds, AWS.pollSeconds);
  const most = Math.min(batchSize, Math.floor(AWS.payloadBytes / payloadBytes));
  const eventsPerBatch = Math.min(most, Math.max(1, gathered));
  return {
    shards,
    activeShards,
    eventsPerSecondAndShard,
    eventsPerBatch,
    secondsPerBatch: eventsPerBatch / eventsPerSecondAndShard,
    entitiesPerBatch: entitiesAmong(eventsPerBatch, entities / activeShards, arrivals),
    batchesPerMonth: (eventsPerSecond * SECONDS_PER_MONTH) / eventsPerBatch,
  };
};
