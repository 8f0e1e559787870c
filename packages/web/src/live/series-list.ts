import type { Series } from "../api/shapes.ts";

export const seriesId = ({ detector, entity }: Pick<Series, "detector" | "entity">): string =>
  JSON.stringify([detector, entity]);

/** The series to show: the one chosen as long as it exists, else the one with the newest data. */
export const shownSeries = (series: readonly Series[], chosenId: string | undefined): Series | undefined =>
  series.find((candidate) => seriesId(candidate) === chosenId) ?? newestFirst(series)[0];

export const newestFirst = (series: readonly Series[]): Series[] =>
  series.toSorted((a, b) => (b.lastTimestamp ?? 0) - (a.lastTimestamp ?? 0) || a.entity.localeCompare(b.entity));

/** The `most` series with an open incident or the most anomalies, and the chosen one, if it is among them all. */
export const mostAnomalous = (series: readonly Series[], most: number, chosenId: string | undefined): Series[] => {
  const strangestFirst = series.toSorted(
    (a, b) =>
      Number(b.incident !== null) - Number(a.incident !== null) || b.anomalies - a.anomalies || b.events - a.events,
  );
  return strangestFirst.filter((one, place) => place < most || seriesId(one) === chosenId);
};
