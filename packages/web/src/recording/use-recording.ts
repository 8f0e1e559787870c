import { useCallback } from "react";
import { getJson, isNotFound } from "../api/json.ts";
import { newestPoints } from "../api/newest-points.ts";
import { pointsPath } from "../api/paths.ts";
import type { Points, Recording, Series } from "../api/shapes.ts";
import { type Polled, usePolling } from "../api/use-polling.ts";

const POLL_MS = 10_000;
/** The most that are shown: almost three hours of a row a second. */
const MOST_ROWS = 10_000;

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

/** All points of a series that hardly grows; a new `lastTimestamp` fetches again. */
export const useAllPoints = ({ detector, entity, lastTimestamp }: Series): Polled<Points> => {
  const load = useCallback(
    (signal: AbortSignal) => {
      const to = lastTimestamp === null ? undefined : lastTimestamp + 1;
      return newestPoints(
        (query) => getJson<Points>(pointsPath(detector, entity, { to, ...query }), signal),
        MOST_ROWS,
      );
    },
    [detector, entity, lastTimestamp],
  );
  return usePolling(load, null);
};
