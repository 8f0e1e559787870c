import { useCallback, useRef } from "react";
import { getJson } from "../api/json.ts";
import { pointsPath } from "../api/paths.ts";
import type { Points } from "../api/shapes.ts";
import { type Polled, usePolling } from "../api/use-polling.ts";
import { mergePoints } from "./merge-points.ts";

const POLL_MS = 2000;
/** Points this much older than the newest known are fetched again: late rows and filled ones change them. */
const OVERLAP_MS = 60_000;

/** The newest `rows` points of a series; after the first answer only what is new is fetched. */
export const useLivePoints = (detector: string, entity: string, rows: number): Polled<Points> => {
  const known = useRef<Points>(undefined);
  const load = useCallback(
    async (signal: AbortSignal): Promise<Points> => {
      const last = known.current?.points.at(-1)?.timestamp;
      const from = last === undefined ? undefined : last - OVERLAP_MS;
      const fetched = await getJson<Points>(pointsPath(detector, entity, { limit: rows, from }), signal);
      const points = mergePoints(known.current?.points ?? [], fetched.points, rows);
      known.current = { ...fetched, points };
      return known.current;
    },
    [detector, entity, rows],
  );
  return usePolling(load, POLL_MS);
};
