import type { Episode, Point, Series } from "../api/shapes.ts";

/** A fault's after-effects count as part of it for this long; the same minute as in the pipeline's own evaluation. */
const RECOVERY_MS = 60_000;

export type EpisodeResult = Episode & { isMissed: boolean; firstAnomalyMs: number | undefined; anomalousRows: number };

/**
 * What was found in each labelled fault, from its start until it has recovered. Anomalous rows alone don't make it found:
 * they may belong to an incident that was open before.
 * @param missed the faults that the pipeline's evaluation calls missed
 */
export const episodeResults = (
  faults: readonly Episode[],
  points: readonly Point[],
  missed: readonly Episode[],
): EpisodeResult[] =>
  faults.map((fault) => {
    const isMissed = missed.some(({ startMs }) => startMs === fault.startMs);
    const found = points.filter(
      ({ timestamp, grade }) => grade > 0 && timestamp >= fault.startMs && timestamp <= fault.endMs + RECOVERY_MS,
    );
    return { ...fault, isMissed, firstAnomalyMs: found[0]?.timestamp, anomalousRows: found.length };
  });

/** The recording's series: its last row belongs to the labelled time, which no live series' does. */
export const recordedSeries = (series: readonly Series[], labelled: readonly Episode[]): Series | undefined => {
  const { startMs, endMs } = spanOf(labelled);
  return series.find(({ lastTimestamp: last }) => last !== null && last >= startMs && last <= endMs + TAIL_MS);
};

/** How far a recording may go on after its last label. */
const TAIL_MS = 600_000;

const spanOf = (episodes: readonly Episode[]): { startMs: number; endMs: number } => ({
  startMs: Math.min(...episodes.map(({ startMs }) => startMs)),
  endMs: Math.max(...episodes.map(({ endMs }) => endMs)),
});

/** A label as people write it: `cpu-hog` is `CPU hog`. */
export const kindName = (kind: string): string => {
  const words = kind.replaceAll("-", " ").replace(/\b(cpu|io)\b/g, (acronym) => (acronym === "io" ? "I/O" : "CPU"));
  return words.charAt(0).toUpperCase() + words.slice(1);
};
