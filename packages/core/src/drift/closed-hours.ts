import type { Detector } from "../detector.ts";
import { HOUR_MS } from "./hour.ts";

/** What is on its way from the producer to the table, beside what the detector waits for by itself. */
const ON_ITS_WAY_MS = 2 * 60_000;
/** For so long the hours of a silent feed are taken for hours whose events have still to come. */
const PATIENCE_MS = 3 * HOUR_MS;
/** A feed that is behind by more is replayed, or has ended: it is judged up to where its events go. */
const REPLAYED_MS = 24 * HOUR_MS;

/**
 * End of the last hour that can be judged: none that is half filled. An hour is full when event time has passed it by what the
 * detector waits for; a feed that is silent is waited for, and then its empty hours count.
 * @param newestMs the newest event of all series
 */
export const closedUntil = (
  { latenessSeconds, intervalSeconds = 0 }: Pick<Detector, "latenessSeconds" | "intervalSeconds">,
  newestMs: number,
  nowMs: number,
): number => {
  const waitMs = 1000 * (latenessSeconds + intervalSeconds);
  const hour = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;
  const byClock = hour(nowMs - waitMs - ON_ITS_WAY_MS);
  const byEvents = hour(newestMs - waitMs);
  if (nowMs - newestMs > REPLAYED_MS) return byEvents;
  return Math.min(byClock, Math.max(byEvents, byClock - PATIENCE_MS));
};
