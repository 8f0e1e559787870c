import { useCallback } from "react";
import { getJson } from "./api/json.ts";
import { withQuery } from "./api/paths.ts";
import type { Series, SeriesPage, Status } from "./api/shapes.ts";
import { type Polled, usePolling } from "./api/use-polling.ts";

const POLL_MS = 2000;
/** Series offered per detector. */
const SERIES_PER_DETECTOR = 200;

export type Overview = { status: Status; series: Series[] };

/** The counts and the list of series, together: what the rest of the page starts from. */
export const useOverview = (): Polled<Overview> => {
  const load = useCallback(async (signal: AbortSignal): Promise<Overview> => {
    const status = await getJson<Status>("/v1/status", signal);
    const lists = await Promise.all(
      status.detectors.map(({ id }) =>
        getJson<SeriesPage>(withQuery("/v1/series", { detector: id, limit: SERIES_PER_DETECTOR }), signal),
      ),
    );
    return { status, series: lists.flatMap(({ items }) => items) };
  }, []);
  return usePolling(load, POLL_MS);
};
