import type { LogModel } from "../log/model.ts";
import { type CachePorts, championCache } from "./champion-cache.ts";
import { loadLogModel } from "./log-models.ts";

/** Keeps log detectors' live models in memory; see `championCache`. `undefined` before the first training. */
export const logModelCache = (
  ports: CachePorts,
  age: { maxAgeMs: number },
): ((detectorId: string) => Promise<LogModel | undefined>) =>
  championCache(ports, age, (name, version) => loadLogModel(ports, name, version));
