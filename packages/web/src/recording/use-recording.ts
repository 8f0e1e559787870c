import { useCallback } from "react";
import { fetchNewestPoints } from "../api/fetch-points.ts";
import { getJson, isNotFound } from "../api/get-json.ts";
import type { Points, Recording, Series } from "../api/shapes.ts";
import { type Polled, usePolling } from "../api/use-polling.ts";

const POLL_MS = 10_000;
/** Bounds the work for the page: more than a day of rows at five seconds. */
const MOST_ROWS = 20_000;

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
    (signal: AbortSignal) => fetchNewestPoints({ detector, entity }, MOST_ROWS, signal, lastTimestamp + 1),
    [detector, entity, lastTimestamp],
  );
  return usePolling(load, null);
};
