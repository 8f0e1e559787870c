import { useCallback, useRef, useState } from "react";
import { getJson } from "../api/get-json.ts";
import { withQuery } from "../api/paths.ts";
import type { Anomaly, AnomalyList } from "../api/shapes.ts";
import { usePolling } from "../api/use-polling.ts";
import { mergeAnomalies } from "./anomaly-list.ts";

const POLL_MS = 5000;
const PAGE_SIZE = 15;

type Listing = { items: Anomaly[]; olderCursor: string | null };

/** The newest anomalies, refreshed; `loadOlder` adds a page at the end, `undefined` when there is none. */
export const useAnomalies = () => {
  const listing = useRef<Listing>(undefined);
  const [, setPagesLoaded] = useState(1);
  const [pageError, setPageError] = useState<Error>();

  const loadNewest = useCallback(async (signal: AbortSignal): Promise<Listing> => {
    const page = await getJson<AnomalyList>(withQuery("/v1/anomalies", { limit: PAGE_SIZE }), signal);
    const known = listing.current;
    const items = mergeAnomalies(known?.items ?? [], page.items);
    // The end of the list stays where it was: new anomalies only push at the front.
    listing.current = { items, olderCursor: known ? known.olderCursor : page.cursor };
    return listing.current;
  }, []);
  const { error } = usePolling(loadNewest, POLL_MS);

  const cursor = listing.current?.olderCursor;
  const loadOlder = async () => {
    const path = withQuery("/v1/anomalies", { limit: PAGE_SIZE, cursor });
    try {
      const page = await getJson<AnomalyList>(path, new AbortController().signal);
      const items = mergeAnomalies(listing.current?.items ?? [], page.items);
      listing.current = { items, olderCursor: page.cursor };
      setPagesLoaded((pages) => pages + 1);
      setPageError(undefined);
    } catch (failure) {
      setPageError(failure as Error);
    }
  };
  return { items: listing.current?.items, error: pageError ?? error, loadOlder: cursor ? loadOlder : undefined };
};
