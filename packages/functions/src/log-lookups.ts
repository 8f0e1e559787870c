import type { AppError } from "@tidewatch/core/errors";
import type { LogPorts } from "@tidewatch/core/log/stage/run";
import { logModelCache } from "@tidewatch/core/register/log-model-cache";
import { logDetectorLister } from "@tidewatch/core/store/detectors";
import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";

export type LookupPorts = { table: Table; blobs: Blobs; clock: Clock };
export type LookupOptions = {
  detectorsMaxAgeMs: number;
  modelsMaxAgeMs: number;
  /** Told once of each detector that cannot be read. */
  onBad: (id: string, error: AppError) => void;
};

/** Where the log stage gets detectors and models, with a memory; the same for the consumer and the sweep. */
export const logLookups = (
  ports: LookupPorts,
  { detectorsMaxAgeMs, modelsMaxAgeMs, onBad }: LookupOptions,
): Pick<LogPorts, "detectors" | "modelOf"> => ({
  detectors: logDetectorLister(ports.table, ports.clock, detectorsMaxAgeMs, onBad),
  modelOf: logModelCache(ports, { maxAgeMs: modelsMaxAgeMs }),
});
