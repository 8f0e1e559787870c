import { setTimeout as sleep } from "node:timers/promises";
import { hostMetrics } from "./host-metrics.ts";

export type CollectOptions = {
  entity: string;
  intervalSeconds: number;
  /** A path on the file system whose fill level counts. */
  path: string;
  signal: AbortSignal;
};

export type CollectedEvent = { type: "metric"; entity: string; timestamp: number; values: Record<string, number> };

/**
 * Yields one metric event per interval until the signal aborts. Ticks keep to a fixed grid, so that a late one does not
 * push the others back; ticks that a busy machine missed altogether are left out, not invented.
 */
export async function* collect({
  entity,
  intervalSeconds,
  path,
  signal,
}: CollectOptions): AsyncGenerator<CollectedEvent> {
  const sample = hostMetrics(path, () => Date.now());
  const intervalMs = intervalSeconds * 1000;
  while (!signal.aborted) {
    const values = await sample();
    if (values) yield { type: "metric", entity, timestamp: Date.now(), values };
    const untilNextTickMs = intervalMs - (Date.now() % intervalMs);
    await sleep(untilNextTickMs, undefined, { signal }).catch(ignoreAbort);
  }
}

const ignoreAbort = (error: Error) => {
  if (error.name !== "AbortError") throw error;
};
