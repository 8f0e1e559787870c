import { z } from "zod";
import { type ArchiveObject, archiveObjectOf } from "../ingest/archive-key.ts";
import { corrupt } from "../store/binary.ts";
import type { BlobEntry, Blobs } from "../store/ports.ts";

/**
 * What of a day's archive is compacted. A manifest is written once and never changed: the one with the highest generation
 * holds, and of two that are written at once one is refused. It is written last, when all that it names is there.
 */

const Source = z.strictObject({
  /** The object's key behind `events/dt=<day>/`. */
  name: z.string(),
  /** As it was when it was read: an object of another version was replaced since, and counts anew. */
  version: z.string(),
  /** Lines that are logs: these are in the object alone. */
  logs: z.int().nonnegative(),
});
export type Source = z.output<typeof Source>;

const CompactedFile = z.strictObject({
  key: z.string(),
  sha256: z.string(),
  bytes: z.int(),
  rows: z.int(),
  /** First and last event time in it. Objects are found by arrival; this says whether a query needs them. */
  fromMs: z.int(),
  toMs: z.int(),
  /** Objects that it was made of; a row's column `origin` is a place in this list. */
  sources: z.array(Source),
  /** Places of those whose rows in it no longer count: they were replaced, and compacted again. */
  dropped: z.array(z.int().nonnegative()),
});
export type CompactedFile = z.output<typeof CompactedFile>;

const DayManifest = z.strictObject({
  format: z.literal(1),
  /** Of arrival, UTC: 2026-11-20. */
  day: z.string(),
  generation: z.int().positive(),
  createdAtMs: z.int(),
  /** Nothing can come to this day any more: its objects need not be listed. */
  sealed: z.boolean(),
  files: z.array(CompactedFile),
  /** Objects without any metric event. */
  others: z.array(Source),
});
export type DayManifest = z.output<typeof DayManifest>;

export const COMPACTED = "events-compacted/";
export const dayFolder = (day: string): string => `events/dt=${day}/`;
export const compactedFolder = (day: string): string => `${COMPACTED}dt=${day}/`;
const manifestsOf = (day: string): string => `${compactedFolder(day)}manifest-`;
export const manifestKey = (day: string, generation: number): string =>
  `${manifestsOf(day)}${String(generation).padStart(8, "0")}.json`;

/** The newest manifest of a day, `undefined` before its first compaction. @throws AppError CORRUPT */
export const readManifest = async (blobs: Blobs, day: string): Promise<DayManifest | undefined> => {
  // The newest one may be superseded, and removed, between the two calls.
  for (let attempt = 0; attempt < 3; attempt++) {
    const key = (await blobs.list(manifestsOf(day))).at(-1);
    if (key === undefined) return undefined;
    const bytes = await blobs.get(key);
    if (bytes) return parse(bytes, key);
  }
  throw corrupt(`the manifest of ${day}`, "it was removed each time that it was read");
};

/** False when somebody else wrote this generation: what is there now decides what is left to do. */
export const writeManifest = (blobs: Blobs, manifest: DayManifest): Promise<boolean> =>
  blobs.putIfAbsent(
    manifestKey(manifest.day, manifest.generation),
    new TextEncoder().encode(JSON.stringify(DayManifest.parse(manifest))),
  );

const parse = (bytes: Uint8Array, key: string): DayManifest => {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    document = undefined;
  }
  const parsed = DayManifest.safeParse(document);
  if (!parsed.success) throw corrupt(key, "it is no manifest of a day that this release reads");
  return parsed.data;
};

/** An object as it arrived, that no compacted file speaks for. */
export type TailObject = ArchiveObject & { name: string; version: string };
/** A file, and the objects whose rows in it count. */
export type LiveFile = { file: CompactedFile; live: readonly LiveSource[] };
export type LiveSource = Source & { origin: number };
/** Each archived event of the day is in exactly one of them. */
export type DayState = { day: string; manifest: DayManifest | undefined; files: LiveFile[]; tail: TailObject[] };

/**
 * Objects first, the manifest after them: one that was compacted, and removed, in between is then in the manifest, and one that
 * is gone from the list was in it before.
 */
export const readDay = async (blobs: Blobs, day: string): Promise<DayState> => {
  const sealed = await readManifest(blobs, day);
  if (sealed?.sealed) return stateOf(day, sealed, []);
  const entries = await blobs.entries(dayFolder(day));
  return stateOf(day, await readManifest(blobs, day), entries);
};

/** Which files and which objects hold the day's events, each event once. */
const stateOf = (day: string, manifest: DayManifest | undefined, entries: readonly BlobEntry[]): DayState => {
  const compacted = new Map<string, string>();
  for (const sources of [...(manifest?.files ?? []).map(sourcesOf), manifest?.others ?? []]) {
    for (const { name, version } of sources) compacted.set(name, version);
  }
  const tail: TailObject[] = [];
  for (const { key, version } of entries) {
    const object = archiveObjectOf(key);
    const name = key.slice(dayFolder(day).length);
    if (object && compacted.get(name) !== version) tail.push({ ...object, name, version });
  }
  const replaced = new Set(tail.map(({ name }) => name));
  const files = (manifest?.files ?? []).map((file) => ({
    file,
    live: sourcesOf(file).filter(({ name }) => !replaced.has(name)),
  }));
  return { day, manifest, files, tail };
};

/** The objects that a file speaks for. */
export const sourcesOf = ({ sources, dropped }: CompactedFile): LiveSource[] => {
  const gone = new Set(dropped);
  return sources.map((source, origin) => ({ ...source, origin })).filter(({ origin }) => !gone.has(origin));
};

/** The days that the archive has, ascending, from one on. */
export const archivedDays = async (blobs: Blobs, fromDay = ""): Promise<string[]> => {
  const days = new Set<string>();
  for (const root of ["events/", COMPACTED]) {
    // Behind every key of the day: "~" sorts after the slash.
    let after = `${root}dt=${fromDay}`;
    for (;;) {
      const [key] = await blobs.list(`${root}dt=`, { after, limit: 1 });
      const day = key?.slice(root.length + 3, root.length + 13);
      if (day === undefined) break;
      days.add(day);
      after = `${root}dt=${day}~`;
    }
  }
  return [...days].sort();
};
