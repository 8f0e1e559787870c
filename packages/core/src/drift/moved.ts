import type { Detector } from "../detector.ts";
import type { Table } from "../store/ports.ts";
import { HOUR_MS, mergeBlocks, NOTHING } from "./hour.ts";
import type { ReferenceDoc, ReferenceTrack } from "./reference-document.ts";
import { pointsOf, seriesBlocks } from "./series.ts";
import { trackKey } from "./state.ts";

/** Hours that series are compared by. */
const HOURS = 6;
const NAMED = 10;
/** Below half of the reference's spread a series has not moved. */
const LEAST = 0.5;

/**
 * Of each track the series that are farthest from where they were, the farthest first. Of levels and scores by their mean z,
 * of noise by the movement from row to row, of missing values by their number; of volume those that are silent. Read only when something is over its limit.
 */
export const movedMost = async (
  table: Table,
  detector: Detector,
  { series, modelVersion }: ReferenceDoc,
  tracks: readonly (ReferenceTrack & { column: number })[],
  untilMs: number,
): Promise<Map<string, string[]>> => {
  const span = { fromMs: untilMs - HOURS * HOUR_MS, hours: HOURS };
  const moves = new Map<string, { entity: string; size: number }[]>();
  for (const { entity, scaling } of series) {
    const columns = seriesBlocks(await pointsOf(table, detector, entity, span), scaling, modelVersion, span);
    for (const { statistic, feature, column } of tracks) {
      const { values, missing, level, noise } = columns[column]!.reduce(mergeBlocks, NOTHING);
      const size = {
        ...{ level: Math.abs(level), score: Math.abs(level), noise },
        ...{ missing, volume: values + missing === 0 ? 1 : 0 },
      }[statistic];
      const key = trackKey(statistic, feature);
      const all = moves.get(key) ?? [];
      moves.set(key, all);
      if (size >= LEAST) all.push({ entity, size });
    }
  }
  return new Map(
    [...moves].map(([key, all]) => [
      key,
      all
        .sort((a, b) => b.size - a.size)
        .slice(0, NAMED)
        .map(({ entity }) => entity),
    ]),
  );
};
