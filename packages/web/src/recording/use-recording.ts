import { useCallback } from "react";
import { getJson, isNotFound } from "../api/get-json.ts";
import { pointsPath } from "../api/paths.ts";
import type { Point, Points, Recording, Series } from "../api/shapes.ts";
import { type Polled, usePolling } from "../api/use-polling.ts";

/** The recording is fed at start only, so both may be lazy. */
const POLL_MS = 10_000;
const PAGE_ROWS = 1000;
/** Bounds the work for the page: more than a day of rows at five seconds. */
const MAX_PAGES = 20;

/** The labels and the evaluation; `null` where the pipeline has no recording. */
export const useRecording = (): Polled<Recording | null> => {
  const load = useCallback(
    (signal: AbortSignal) =>
      getJson<Recording>("/v1/recording", signal).catch((error) => {
        if (isNotFound(error)) return null;
        throw error;
      }),
    [],
  );
  return usePolling<Recording | null>(load, POLL_MS);
};

/** All points of a series that no longer grows; a new `lastTimestamp` fetches again. */
export const useAllPoints = ({ detector, entity, lastTimestamp }: Series): Polled<Points> => {
  const load = useCallback(
    async (signal: AbortSignal): Promise<Points> => {
      const newest = await getJson<Points>(
        pointsPath(detector, entity, { to: lastTimestamp, limit: PAGE_ROWS }),
        signal,
      );
      let points: Point[] = newest.points;
      let pageLength = points.length;
      for (let page = 1; page < MAX_PAGES && pageLength === PAGE_ROWS; page++) {
        const to = points[0]!.timestamp - 1;
        const older = await getJson<Points>(pointsPath(detector, entity, { to, limit: PAGE_ROWS }), signal);
        points = [...older.points, ...points];
        pageLength = older.points.length;
      }
      return { ...newest, points };
    },
    [detector, entity, lastTimestamp],
  );
  return usePolling(load, null);
};
