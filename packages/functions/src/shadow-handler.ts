import { type ShadowPorts, type ShadowReport, scoreShadow } from "@tidewatch/core/promote/shadow";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import type { Blobs, ModelRuntime } from "@tidewatch/core/store/ports";

export type ShadowHandlerPorts = Pick<ShadowPorts, "table" | "clock" | "cpuMs"> & {
  blobs: Blobs;
  runtime: ModelRuntime;
  /** What came of the run, for logs and metrics. */
  onReport: (report: ShadowReport) => void;
};

/**
 * Called by a schedule, whatever the event says: challengers score what live scoring has written since. Live scoring knows
 * nothing of it. Runs that overlap harm nothing.
 */
export const shadowHandler = ({ blobs, runtime, onReport, ...ports }: ShadowHandlerPorts): (() => Promise<void>) => {
  // Only loads are remembered: each run looks which versions are tried.
  const scorerOf = scorerCache({ ...ports, blobs, runtime }, { maxAgeMs: 0 });
  return async () => onReport(await scoreShadow({ ...ports, scorerOf }, ports.clock()));
};
