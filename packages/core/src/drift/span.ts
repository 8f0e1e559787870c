import type { Detector } from "../detector.ts";
import { familyOf } from "../model/families.ts";
import { aliasOf } from "../register/aliases.ts";
import { loadManifest, type RegistryPorts } from "../register/models.ts";
import { DAY_MS, type Span } from "./build-reference.ts";
import { HOUR_MS } from "./hour.ts";

/** A longer reference tells no more, and takes longer to read. */
const LONGEST_DAYS = 28;

/** What a detector's rows are compared with: the model's version (0: it learns by itself), and when that one learnt. */
export type Anchor = { modelVersion: number; fromMs: number | undefined; toMs: number };

/** Of the champion, or of a family without one; `undefined` while a champion is missing. */
export const anchorOf = async (ports: RegistryPorts, detector: Detector): Promise<Anchor | undefined> => {
  if (familyOf(detector.model).kind === "online") return { modelVersion: 0, fromMs: undefined, toMs: 0 };
  const champion = await aliasOf(ports, detector.id, "champion");
  if (!champion) return undefined;
  const { trainingFromMs, trainingToMs } = await loadManifest(ports, detector.id, champion.version);
  return { modelVersion: champion.version, fromMs: trainingFromMs, toMs: trainingToMs };
};

/** Rows that there are: the oldest, and the first after the last drift that was found. */
export type Extent = { oldestMs: number; notBeforeMs: number };

/**
 * The whole days that are the reference: those that a champion was trained on, the last 28 at most. Where they are fewer than
 * asked for, those before are added back to the last drift, and later ones as they come. A model that learnt from other rows
 * than the table's, or by itself, has the rows that are there: the newest 28 days at most.
 *
 * @param untilMs end of the last full hour
 * @returns `undefined` while there is not one whole day
 */
export const referenceSpan = (
  { fromMs, toMs }: Pick<Anchor, "fromMs" | "toMs">,
  { oldestMs, notBeforeMs }: Extent,
  untilMs: number,
  leastDays: number,
): Span | undefined => {
  const isInTable = fromMs !== undefined && fromMs < untilMs && toMs > oldestMs;
  const sinceDrift = Math.max(oldestMs, notBeforeMs);
  const first = isInTable
    ? Math.min(
        Math.max(fromMs, oldestMs, toMs - LONGEST_DAYS * DAY_MS),
        Math.max(sinceDrift, toMs - leastDays * DAY_MS),
      )
    : sinceDrift;
  const start = Math.ceil(first / HOUR_MS) * HOUR_MS;
  const wanted = isInTable ? Math.max(toMs, start + leastDays * DAY_MS) : untilMs;
  const end = Math.floor(Math.min(wanted, untilMs) / HOUR_MS) * HOUR_MS;
  const days = Math.min(LONGEST_DAYS, Math.floor((end - start) / DAY_MS));
  return days < 1 ? undefined : { fromMs: end - days * DAY_MS, toMs: end };
};
