import { useCallback } from "react";
import { getJson } from "../api/json.ts";
import { withQuery } from "../api/paths.ts";
import type { LogDetectorStatus, Series, SeriesPage } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";

/** Rates have a row every few minutes. */
const POLL_MS = 10_000;
/** As many as a log detector can have. */
const MOST_SERIES = 1000;

/** The series of the rates of all logs; none as long as they are not loaded. */
export const useRateSeries = (detectors: readonly LogDetectorStatus[]): Series[] => {
  // A string, so that it is the same one as long as the detectors are.
  const names = JSON.stringify(detectors.flatMap(({ rates }) => rates?.id ?? []));
  const load = useCallback(
    async (signal: AbortSignal): Promise<Series[]> => {
      const ids: string[] = JSON.parse(names);
      const lists = ids.map((detector) =>
        getJson<SeriesPage>(withQuery("/v1/series", { detector, limit: MOST_SERIES }), signal),
      );
      return (await Promise.all(lists)).flatMap(({ items }) => items);
    },
    [names],
  );
  return usePolling(load, POLL_MS).data ?? [];
};
