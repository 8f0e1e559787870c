import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { nextStep, type Step, withDay, withHour, withSeal } from "@tidewatch/core/dataset/compaction";
import {
  archivedDays,
  type CompactedFile,
  compactedFolder,
  type DayManifest,
  type DayState,
  readDay,
  readManifest,
  writeManifest,
} from "@tidewatch/core/dataset/manifest";
import { AppError } from "@tidewatch/core/errors";
import type { Blobs, Clock } from "@tidewatch/core/store/ports";
import { copyDay, type FetchedFile } from "./copy-day.ts";
import { copyObjects } from "./copy-objects.ts";
import { DUCKDB_LIMITS, type DuckDbLimits, withDuckDb } from "./duckdb.ts";
import { fetchFile, hashOf } from "./fetch-file.ts";

export type CompactPorts = { blobs: Blobs; clock: Clock; limits?: DuckDbLimits };
export type CompactReport = {
  hours: number;
  days: number;
  sealed: number;
  events: number;
  bytes: number;
  lost: number;
  /** Days that cannot be compacted: they stay as they are. */
  failed: number;
};
/** `failure`: why the first day that failed did. */
type Compaction = CompactReport & { failure?: { error: unknown } };

/** Somebody else may be at the same day: whoever loses looks again, but not for ever. */
const MAX_LOST = 5;

/**
 * Makes Parquet of what the archive has gathered: a file per hour that is over, then one per day. A manifest, written last, says
 * which objects a file speaks for; so a crash, or two that do it at once, leave at most files that no manifest names. A day that
 * cannot be compacted, because an object of it is damaged, say, does not keep the others waiting.
 * @param takenUntilMs every record that arrived before is archived
 * @param endMs when no further file is to be begun
 */
export const compactArchive = async (
  ports: CompactPorts,
  takenUntilMs: number,
  endMs = Number.POSITIVE_INFINITY,
): Promise<Compaction> => {
  const report: Compaction = { hours: 0, days: 0, sealed: 0, events: 0, bytes: 0, lost: 0, failed: 0 };
  for (const day of await openDays(ports.blobs)) {
    try {
      await compactDay(ports, day, { takenUntilMs, endMs }, report);
    } catch (error) {
      // Of stores that are away every day would say the same.
      if (error instanceof AppError && error.code === "UNAVAILABLE") throw error;
      report.failed++;
      report.failure ??= { error };
    }
  }
  return report;
};

const compactDay = async (
  ports: CompactPorts,
  day: string,
  { takenUntilMs, endMs }: { takenUntilMs: number; endMs: number },
  report: CompactReport,
): Promise<void> => {
  for (let lost = 0; lost < MAX_LOST && ports.clock() < endMs; ) {
    const state = await readDay(ports.blobs, day);
    const step = nextStep(state, takenUntilMs);
    if (!step) return;
    const manifest = await takeStep(ports, state, step);
    if (await writeManifest(ports.blobs, manifest)) count(report, step, manifest.files.at(-1));
    else {
      lost++;
      report.lost++;
    }
  }
};

/** Days are sealed one after the other. One that could not be compacted until so many behind it were is tried no more. */
const SEALED_IN_A_ROW = 3;

/** The days that something may be left to do for, ascending, and a few sealed ones before them. */
export const openDays = async (blobs: Blobs): Promise<string[]> => {
  const days = await archivedDays(blobs);
  let sealed = 0;
  let from = days.length;
  while (from > 0 && sealed < SEALED_IN_A_ROW) {
    from--;
    sealed = (await readManifest(blobs, days[from]!))?.sealed ? sealed + 1 : 0;
  }
  return days.slice(from);
};

const count = (report: CompactReport, { kind }: Step, file: CompactedFile | undefined): void => {
  if (kind === "seal") {
    report.sealed++;
    return;
  }
  report[kind === "hour" ? "hours" : "days"]++;
  report.events += file?.rows ?? 0;
  report.bytes += file?.bytes ?? 0;
};

const takeStep = async (ports: CompactPorts, state: DayState, step: Step): Promise<DayManifest> => {
  const { day, manifest, files } = state;
  if (step.kind === "seal") return withSeal(manifest!, ports.clock());
  return await withDuckDb(ports.limits ?? DUCKDB_LIMITS, async (workspace) => {
    const path = join(workspace.folder, "out.parquet");
    if (step.kind === "hour") {
      const { span, sources, others } = await copyObjects(ports.blobs, workspace, step.objects, path);
      const name = `hour=${new Date(step.hourMs).toISOString().slice(11, 13)}`;
      const stored = span && (await store(ports, day, name, path));
      const file = span && stored && { ...stored, ...span, sources, dropped: [] };
      return withHour(manifest, day, ports.clock(), { file, others });
    }
    const paths: FetchedFile[] = [];
    for (const [index, one] of files.entries()) {
      paths.push({ path: await fetchFile(ports.blobs, workspace, one.file, `in-${index}.parquet`), live: one.live });
    }
    const span = await copyDay(workspace, paths, path);
    const stored = await store(ports, day, "day", path);
    const sources = files.flatMap(({ live }) => live.map(({ origin: _, ...source }) => source));
    return withDay(manifest!, ports.clock(), { ...stored, ...span, sources, dropped: [] });
  });
};

/** Under a name of its own: nobody else's file, nor one of an attempt that died, is ever replaced. */
const store = async ({ blobs, clock }: CompactPorts, day: string, name: string, path: string) => {
  const bytes = await readFile(path);
  await rm(path);
  const key = `${compactedFolder(day)}${name}-${clock()}-${randomUUID().slice(0, 8)}.parquet`;
  await blobs.put(key, bytes);
  return { key, sha256: hashOf(bytes), bytes: bytes.length };
};
