import { compareSequence } from "./sequence.ts";

const HOUR_MS = 3_600_000;
const DIGITS_OF_A_SEQUENCE = 128;

/** Where an object of the archive stands: the hour in which its records arrived, their shard, and the first one's number. */
export type ArchiveObject = { key: string; hourMs: number; shardId: string; sequenceNumber: string };

const KEY = /^events\/dt=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/(.+)-(\d+)\.ndjson\.gz$/;

/** `undefined` for what is no object of the archive. */
export const archiveObjectOf = (key: string): ArchiveObject | undefined => {
  const [, day, hour, shardId, sequenceNumber] = KEY.exec(key) ?? [];
  if (day === undefined || shardId === undefined || sequenceNumber === undefined) return undefined;
  if (sequenceNumber.length > DIGITS_OF_A_SEQUENCE) return undefined;
  return { key, hourMs: Date.parse(`${day}T${hour}:00:00Z`), shardId, sequenceNumber };
};

/** End of the hour in which an object's records arrived. */
export const arrivedBefore = ({ hourMs }: Pick<ArchiveObject, "hourMs">): number => hourMs + HOUR_MS;

/** The order of records that arrived at one time: by shard, and within it the stream's. */
export const compareObjects = (a: ArchiveObject, b: ArchiveObject): number => {
  if (a.shardId !== b.shardId) return a.shardId < b.shardId ? -1 : 1;
  return compareSequence(a.sequenceNumber, b.sequenceNumber) || a.hourMs - b.hourMs;
};
