import { getJson } from "./get-json.ts";
import { pointsPath } from "./paths.ts";
import type { Points } from "./shapes.ts";

/** The most rows that the API gives in one answer. */
const PAGE_ROWS = 1000;

/** The newest `rows` points of a series before `to` (exclusive), ascending, in as many requests as it takes. */
export const fetchNewestPoints = async (
  series: { detector: string; entity: string },
  rows: number,
  signal: AbortSignal,
  to?: number,
): Promise<Points> => {
  const page = (limit: number, before: number | undefined) =>
    getJson<Points>(pointsPath(series.detector, series.entity, { limit, to: before }), signal);
  const newest = await page(Math.min(rows, PAGE_ROWS), to);
  const pages = [newest.points];
  let missing = rows - newest.points.length;
  while (missing > 0 && pages[0]?.length === PAGE_ROWS) {
    const older = await page(Math.min(missing, PAGE_ROWS), pages[0][0]?.timestamp);
    pages.unshift(older.points);
    missing -= older.points.length;
  }
  return { ...newest, points: pages.flat() };
};
