import { z } from "zod";
import {
  compactedFolder,
  type DayManifest,
  type DayState,
  dayFolder,
  manifestKey,
  type Source,
  sourcesOf,
} from "./manifest.ts";

const DAY_MS = 86_400_000;
/** A file that no manifest names may be about to be named by whoever made it: nobody takes so long. */
const ORPHAN_MS = DAY_MS;
/** Readers that began with an older manifest are done by then, or begin again. */
const SUPERSEDED_MS = 3_600_000;

export const RetentionRules = z.strictObject({
  rawDays: z
    .int()
    .min(1)
    .optional()
    .describe(
      "Archive objects that hold metric events alone go this long after their day, once compacted. Absent: never.",
    ),
  compactedDays: z
    .int()
    .min(1)
    .optional()
    .describe(
      "Compacted files go this long after their day, and no dataset can be made of it any more. Absent: never.",
    ),
});
export type RetentionRules = z.output<typeof RetentionRules>;

/** Whether all metric events of a day are to go: it must be sealed, or what is removed would seem to have never been compacted. */
export const isPast = ({ day, manifest }: DayState, { compactedDays }: RetentionRules, nowMs: number): boolean =>
  compactedDays !== undefined && manifest?.sealed === true && nowMs >= endOf(day) + compactedDays * DAY_MS;

/** The last generation of a day whose files go. */
export const withoutFiles = (before: DayManifest, nowMs: number): DayManifest => ({
  ...before,
  generation: before.generation + 1,
  createdAtMs: nowMs,
  others: [...before.others, ...before.files.flatMap((file) => sourcesOf(file).map(withoutOrigin))],
  files: [],
});
const withoutOrigin = ({ name, version, logs }: Source): Source => ({ name, version, logs });

/**
 * Keys of archive objects that are no longer needed: as they are now they are in a compacted file, and they hold no log line.
 * Only of a sealed day: until then a retry could bring one back.
 */
export const spareObjects = ({ day, manifest, files }: DayState, rules: RetentionRules, nowMs: number): string[] => {
  const { rawDays } = rules;
  if (rawDays === undefined || !manifest?.sealed || nowMs < endOf(day) + rawDays * DAY_MS) return [];
  const sources = [...files.flatMap(({ live }) => live), ...manifest.others];
  return sources.filter(({ logs }) => logs === 0).map(({ name }) => dayFolder(day) + name);
};

/** Of the keys of a day's compacted folder those that nobody will ask for again. */
export const staleKeys = (manifest: DayManifest, keys: readonly string[], nowMs: number): string[] => {
  if (nowMs < manifest.createdAtMs + SUPERSEDED_MS) return [];
  const named = new Set(manifest.files.map(({ key }) => key));
  const newest = manifestKey(manifest.day, manifest.generation);
  return keys.filter((key) => {
    if (key.endsWith(".json")) return key < newest;
    const [, madeMs] = /-(\d+)-[0-9a-f]+\.parquet$/.exec(key) ?? [];
    return key.startsWith(compactedFolder(manifest.day)) && !named.has(key) && Number(madeMs) + ORPHAN_MS <= nowMs;
  });
};

const endOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) + DAY_MS;
