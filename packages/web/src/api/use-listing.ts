import { useCallback, useRef, useState } from "react";
import { getJson } from "./json.ts";
import { withQuery } from "./paths.ts";
import { usePolling } from "./use-polling.ts";

const POLL_MS = 5000;
const PAGE_SIZE = 15;

type Page<T> = { items: T[]; cursor: string | null };
type Listing<T> = { items: T[]; olderCursor: string | null };

/**
 * The newest items of a list, refreshed; `loadOlder` adds a page at the end, `undefined` when there is none.
 * @param merge of what is known and what came, newest first; must keep its identity between renders
 */
export const useListing = <T>(path: string, merge: (known: readonly T[], fetched: readonly T[]) => T[]) => {
  const listing = useRef<Listing<T>>(undefined);
  const [, setPagesLoaded] = useState(1);
  const [pageError, setPageError] = useState<Error>();

  const loadNewest = useCallback(
    async (signal: AbortSignal): Promise<Listing<T>> => {
      const page = await getJson<Page<T>>(withQuery(path, { limit: PAGE_SIZE }), signal);
      const known = listing.current;
      const items = merge(known?.items ?? [], page.items);
      // The end of the list stays where it was: new items only push at the front.
      listing.current = { items, olderCursor: known ? known.olderCursor : page.cursor };
      return listing.current;
    },
    [path, merge],
  );
  const { error, refresh } = usePolling(loadNewest, POLL_MS);

  const cursor = listing.current?.olderCursor;
  const loadOlder = async () => {
    try {
      const page = await getJson<Page<T>>(withQuery(path, { limit: PAGE_SIZE, cursor }), new AbortController().signal);
      listing.current = { items: merge(listing.current?.items ?? [], page.items), olderCursor: page.cursor };
      setPagesLoaded((pages) => pages + 1);
      setPageError(undefined);
    } catch (failure) {
      setPageError(failure as Error);
    }
  };
  return {
    items: listing.current?.items,
    error: pageError ?? error,
    refresh,
    loadOlder: cursor ? loadOlder : undefined,
  };
};
