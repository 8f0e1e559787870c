import { useCallback, useEffect, useRef, useState } from "react";
import { pauseMs } from "./back-off.ts";

/** `data` outlives an `error`: the page goes on showing what it knew. `refresh` loads it anew without waiting. */
export type Polled<T> = { data: T | undefined; error: Error | undefined; refresh: () => void };

/** What is loaded only once is tried again after this while it fails. */
const RETRY_MS = 2000;

const NOTHING = { data: undefined, error: undefined };

/**
 * Calls `load` now and every `intervalMs` (`null`: until it succeeds), backs off while it fails, rests while the tab is hidden.
 * @param load must keep its identity between renders; a new one starts afresh
 */
export const usePolling = <T>(load: (signal: AbortSignal) => Promise<T>, intervalMs: number | null): Polled<T> => {
  const [polled, setPolled] = useState<Omit<Polled<T>, "refresh">>(NOTHING);
  const pollNow = useRef<() => void>(undefined);
  const refresh = useCallback(() => pollNow.current?.(), []);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let isLoading = false;
    let isDone = false;
    let isWanted = false;

    const poll = async () => {
      clearTimeout(timer);
      if (document.hidden || isLoading || isDone) return;
      isLoading = true;
      try {
        const data = await load(stop.signal);
        failures = 0;
        isDone = intervalMs === null;
        if (!stop.signal.aborted) setPolled({ data, error: undefined });
      } catch (error) {
        failures += 1;
        if (!stop.signal.aborted) setPolled(({ data }) => ({ data, error: error as Error }));
      }
      isLoading = false;
      const pause = isWanted ? 0 : pauseMs(intervalMs ?? RETRY_MS, failures);
      isWanted = false;
      if (!stop.signal.aborted && !isDone) timer = setTimeout(poll, pause);
    };
    // What is on its way may have been read before whatever makes the page ask again.
    pollNow.current = () => {
      isWanted = isLoading;
      void poll();
    };

    document.addEventListener("visibilitychange", poll);
    void poll();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", poll);
    };
  }, [load, intervalMs]);
  return { ...polled, refresh };
};
