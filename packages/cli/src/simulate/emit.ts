import { setTimeout as sleep } from "node:timers/promises";
import type { Episode } from "./episode.ts";
import { type SimulationPlan, simulation } from "./series.ts";

export type Pace = {
  rows: number;
  startMs: number;
  /** Rows carry the time of now, one per interval. */
  live: boolean;
  eventsPerSecond: number | undefined;
  signal: AbortSignal;
};

/** One row of all entities: JSON texts, and the same as lines. */
export type Emitted = { texts: string[]; text: string };

type Label = { entity: string; kind: string; metrics: string[]; startMs: number; endMs: number };

/** Runs a simulation at its pace. Labels say where an episode begins and ends (the time of its last row). */
export async function* emit(
  plan: SimulationPlan,
  pace: Pace,
  onLabel: (label: Label) => Promise<unknown>,
): AsyncGenerator<Emitted> {
  const next = simulation(plan);
  const wait = pacer(pace);
  for (let row = 0; row < pace.rows && !pace.signal.aborted; row++) {
    const timestampMs = pace.live ? await nextTick(plan.intervalMs, pace.signal) : pace.startMs + row * plan.intervalMs;
    const rows = next(timestampMs);
    for (const { event, begins } of rows) {
      if (begins) await onLabel(labelOf(plan, event.entity, begins, timestampMs));
    }
    const texts = rows.map(({ event }) => JSON.stringify(event));
    yield { texts, text: `${texts.join("\n")}\n` };
    await wait((row + 1) * plan.entities);
  }
}

const labelOf = (plan: SimulationPlan, entity: string, episode: Episode, startMs: number): Label => ({
  entity,
  kind: episode.kind,
  metrics: episode.metrics.map((at) => plan.metrics[at]!),
  startMs,
  endMs: startMs + (episode.lastRow - episode.firstRow) * plan.intervalMs,
});

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

const nextTick = async (intervalMs: number, signal: AbortSignal): Promise<number> => {
  await pause(intervalMs - (Date.now() % intervalMs), signal);
  return Date.now();
};

const pacer = ({ eventsPerSecond, signal }: Pace) => {
  const startMs = performance.now();
  return async (eventsSoFar: number) => {
    if (!eventsPerSecond) return;
    const dueMs = startMs + (eventsSoFar / eventsPerSecond) * 1000;
    const aheadMs = dueMs - performance.now();
    if (aheadMs > 0) await pause(aheadMs, signal);
  };
};
