import { endSilentSessions, type LogPorts } from "@tidewatch/core/log/stage/run";
import type { Clock } from "@tidewatch/core/store/ports";

export type SweepPorts = Omit<LogPorts, "inflate"> & {
  clock: Clock;
  /** Up to when all lines that arrived are taken in, where that is known: what waits on the stream is not silent. */
  takenUntil?: Clock;
  /** Sessions that were ended. */
  onReport: (ended: number) => void;
};

/** The rest of the minute belongs to the run that is under way: the next one goes on. */
const SWEEP_MS = 30_000;

/**
 * Called by a schedule, whatever the event says: ends what has been silent for too long, in steps, until there is nothing left
 * or the time is over. A run that overlaps another one, or the consumer, harms nothing.
 */
export const sweepHandler =
  ({ clock, takenUntil = clock, onReport, ...ports }: SweepPorts) =>
  async (): Promise<void> => {
    const startMs = clock();
    let ended = 0;
    for (;;) {
      const step = await endSilentSessions(ports, takenUntil());
      ended += step;
      if (step === 0 || clock() - startMs >= SWEEP_MS) break;
    }
    onReport(ended);
  };
