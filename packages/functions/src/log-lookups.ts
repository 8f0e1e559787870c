import type { AppError } from "@tidewatch/core/errors";
import { LogDetector } from "@tidewatch/core/log/detector";
import type { LogPorts } from "@tidewatch/core/log/stage/run";
import { detectorKey } from "@tidewatch/core/store/keys";
import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";

type Lookups = Pick<LogPorts, "detectors" | "modelOf">;

// STAND-IN until `logDetectorLister` (store/detectors.ts) and `logModelCache` (register/log-models.ts) are there.
export const logLookups = (
  { table }: { table: Table; blobs: Blobs; clock: Clock },
  _options: { detectorsMaxAgeMs: number; modelsMaxAgeMs: number; onBad: (id: string, error: AppError) => void },
): Lookups => ({
  async detectors() {
    const items = await table.query({ pk: detectorKey("").pk, limit: 100 });
    return items.flatMap(({ doc }) => {
      const parsed = LogDetector.safeParse(JSON.parse(doc ?? "null"));
      return parsed.success && parsed.data.enabled ? [parsed.data] : [];
    });
  },
  modelOf: async () => undefined,
});
