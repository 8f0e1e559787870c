import {
  archivedDays,
  compactedFolder,
  type DayState,
  readDay,
  readManifest,
  writeManifest,
} from "@tidewatch/core/dataset/manifest";
import { isPast, type RetentionRules, spareObjects, staleKeys, withoutFiles } from "@tidewatch/core/dataset/retention";
import { AppError } from "@tidewatch/core/errors";
import type { Blobs, Clock } from "@tidewatch/core/store/ports";
import { openDays } from "./compact.ts";
import { isWhole } from "./fetch-file.ts";

/** Objects that were removed. */
export type RetainReport = { objects: number; stale: number };

/**
 * Removes what the rules say, and what no manifest names any more. An archive object goes only after its compacted file was read
 * once more and is whole.
 */
export const applyRetention = async (
  { blobs, clock }: { blobs: Blobs; clock: Clock },
  rules: RetentionRules,
): Promise<RetainReport> => {
  const report: RetainReport = { objects: 0, stale: 0 };
  const looksBack = rules.rawDays !== undefined || rules.compactedDays !== undefined;
  for (const day of await (looksBack ? archivedDays : openDays)(blobs)) {
    const state = await readDay(blobs, day);
    if (!state.manifest) continue;
    if (isPast(state, rules, clock()) && state.files.length > 0) {
      await writeManifest(blobs, withoutFiles(state.manifest, clock()));
    }
    report.objects += await removeSpare(blobs, state, spareObjects(state, rules, clock()));
    const manifest = await readManifest(blobs, day);
    const stale = manifest ? staleKeys(manifest, await blobs.list(compactedFolder(day)), clock()) : [];
    await blobs.remove(stale);
    report.stale += stale.length;
  }
  return report;
};

const removeSpare = async (blobs: Blobs, { day, files }: DayState, spare: readonly string[]): Promise<number> => {
  if (spare.length === 0) return 0;
  const there = new Set(await blobs.list(`events/dt=${day}/`));
  const keys = spare.filter((key) => there.has(key));
  if (keys.length === 0) return 0;
  for (const { file } of files) {
    if (await isWhole(blobs, file)) continue;
    throw new AppError("CORRUPT", `${file.key} is damaged or gone: the archive objects of ${day} are kept`);
  }
  await blobs.remove(keys);
  return keys.length;
};
