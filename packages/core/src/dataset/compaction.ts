import {
  type CompactedFile,
  type DayManifest,
  type DayState,
  type Source,
  sourcesOf,
  type TailObject,
} from "./manifest.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** By how much an hour is over before it is compacted: batches of the archive wait for up to five minutes. */
const HOUR_GRACE_MS = 15 * 60_000;
/**
 * When nothing can come to a day any more: a stream keeps its records for 48 hours, two more days are for whoever raised that.
 */
const SEALED_AFTER_MS = 4 * DAY_MS;

/** What is next for a day. `undefined`: nothing for now. */
export type Step = { kind: "hour"; hourMs: number; objects: TailObject[] } | { kind: "day" } | { kind: "seal" };

/**
 * Hours that are over, one by one; when the day is over and nothing is left of it, its files become one; when nothing can come
 * to it, it is sealed. What comes late makes one more file of its hour, and the day's files one again.
 * @param takenUntilMs every record that arrived before is archived
 */
export const nextStep = ({ day, manifest, files, tail }: DayState, takenUntilMs: number): Step | undefined => {
  const isOver = (hourMs: number) => hourMs + HOUR_MS + HOUR_GRACE_MS <= takenUntilMs;
  const hours = Map.groupBy(
    tail.filter(({ hourMs }) => isOver(hourMs)),
    ({ hourMs }) => hourMs,
  );
  const [hourMs] = [...hours.keys()].sort((a, b) => a - b);
  if (hourMs !== undefined) return { kind: "hour", hourMs, objects: hours.get(hourMs)! };
  const endMs = Date.parse(`${day}T00:00:00Z`) + DAY_MS;
  if (!manifest || manifest.sealed || tail.length > 0 || endMs + HOUR_GRACE_MS > takenUntilMs) return undefined;
  if (files.length > 1 || files.some(({ file }) => file.dropped.length > 0)) return { kind: "day" };
  return endMs + SEALED_AFTER_MS <= takenUntilMs ? { kind: "seal" } : undefined;
};

/** The next generation, when objects were compacted into a file, or hold no metric event and need none. */
export const withHour = (
  before: DayManifest | undefined,
  day: string,
  nowMs: number,
  made: { file: CompactedFile | undefined; others: Source[] },
): DayManifest => {
  const sources = [...(made.file?.sources ?? []), ...made.others];
  const replaced = new Set(sources.map(({ name }) => name));
  const files = (before?.files ?? []).map((file) => withoutSources(file, replaced));
  return {
    ...next(before, day, nowMs),
    files: [...files.filter((file) => sourcesOf(file).length > 0), ...(made.file ? [made.file] : [])],
    others: [...(before?.others ?? []).filter(({ name }) => !replaced.has(name)), ...made.others],
  };
};

/** The next generation, when all files of the day became one. */
export const withDay = (before: DayManifest, nowMs: number, file: CompactedFile): DayManifest => ({
  ...next(before, before.day, nowMs),
  files: [file],
  others: before.others,
});

export const withSeal = (before: DayManifest, nowMs: number): DayManifest => ({
  ...next(before, before.day, nowMs),
  files: before.files,
  others: before.others,
  sealed: true,
});

const next = (before: DayManifest | undefined, day: string, nowMs: number) => ({
  ...{ format: 1 as const, day, generation: (before?.generation ?? 0) + 1, createdAtMs: nowMs, sealed: false },
});

const withoutSources = (file: CompactedFile, replaced: ReadonlySet<string>): CompactedFile => {
  const gone = sourcesOf(file).filter(({ name }) => replaced.has(name));
  return gone.length === 0 ? file : { ...file, dropped: [...file.dropped, ...gone.map(({ origin }) => origin)] };
};
