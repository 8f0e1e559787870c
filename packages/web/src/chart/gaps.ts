/** A pause longer than this many usual intervals is shown as a gap. */
const GAP_INTERVALS = 4;

type Timed = { timestamp: number };

/** The points on the chart's time axis, with an entry without a point wherever the line has to break. */
export const withGaps = <T extends Timed>(points: readonly T[]): { seconds: number; point: T | undefined }[] => {
  const longestMs = GAP_INTERVALS * medianIntervalMs(points);
  return points.flatMap((point, i) => {
    const before = points[i - 1];
    const drawn = { seconds: point.timestamp / 1000, point };
    const isAfterGap = before && point.timestamp - before.timestamp > longestMs;
    return isAfterGap ? [{ seconds: (before.timestamp + 1) / 1000, point: undefined }, drawn] : [drawn];
  });
};

const medianIntervalMs = (points: readonly Timed[]): number => {
  const intervals = points.slice(1).map((point, i) => point.timestamp - points[i]!.timestamp);
  intervals.sort((a, b) => a - b);
  return intervals[intervals.length >> 1] ?? Number.POSITIVE_INFINITY;
};
