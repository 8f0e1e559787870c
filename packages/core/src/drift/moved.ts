import type { Detector } from "../detector.ts";
import type { Table } from "../store/ports.ts";
import { HOUR_MS } from "./hour.ts";
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
 * of noise by the movement from row to row, of missing values and volume by counts. Read only when something is over its limit.
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
      const blocks = columns[column]!;
      const [values, missing] = [sumOf(blocks, (block) => block.values), sumOf(blocks, (block) => block.missing)];
      const meanOf = (of: "level" | "noise") =>
        sumOf(blocks, (block) => (block.values > 0 ? block[of] * block.values : 0)) / Math.max(1, values);
      const size = {
        ...{ level: Math.abs(meanOf("level")), score: Math.abs(meanOf("level")), noise: meanOf("noise") },
        // Of rows that came: fewer are farther from what is usual, whatever that was.
        ...{ missing, volume: 1 / (1 + values + missing) },
      }[statistic];
      const key = trackKey(statistic, feature);
      const all = moves.get(key) ?? [];
      moves.set(key, all);
      if (size >= LEAST || statistic === "volume") all.push({ entity, size });
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

const sumOf = <T>(values: readonly T[], of: (value: T) => number): number =>
  values.reduce((sum, value) => sum + of(value), 0);
