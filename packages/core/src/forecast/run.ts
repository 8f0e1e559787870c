import { type Detector, featureNames } from "../detector.ts";
import { AppError } from "../errors.ts";
import { featureHash } from "../feature/hash.ts";
import { FAMILY_NAMES, familyOf } from "../model/families.ts";
import { type LinearProcess, longestComplete, reachOf } from "../model/linear/process.ts";
import { processesOf } from "../model/linear/stored.ts";
import type { Manifest } from "../model/manifest.ts";
import { aliasOf } from "../register/aliases.ts";
import { loadManifest, type RegistryPorts } from "../register/models.ts";
import { readHead, readPoints } from "../store/read-series.ts";
import { usablePoints } from "../train/usable.ts";
import { type ForecastPoint, forecastBands, type History, type Horizon } from "./bands.ts";
import { historyOf, knownRows } from "./history.ts";

export type ForecastRequest = Horizon & {
  detector: Detector;
  entity: string;
  /** Only rows before this time are known, epoch milliseconds; absent: all are. */
  fromMs?: number | undefined;
};
export type SeriesForecast = { manifest: Manifest; newestMs: number; intervalMs: number; points: ForecastPoint[] };

/** Rows that a forecast goes on from, where the process does not look back further: what is older weighs nothing. */
const HISTORY_ROWS = 1000;
/** Times as many rows as it looks back: the residuals of a seasonal moving average settle over some seasons. */
const HISTORY_REACHES = 4;

/**
 * The next rows of a series by its detector's champion. Throws `NOT_FOUND` for an entity of which nothing was seen, and
 * `CONFLICT`, saying what to do, for a family that does not forecast, without a model for the detector's features, and while
 * there are too few rows.
 */
export const forecastSeries = async (ports: RegistryPorts, request: ForecastRequest): Promise<SeriesForecast> => {
  const { detector, entity } = request;
  const manifest = await championManifest(ports, detector);
  const processes = processesOf(manifest)!;
  if (!(await readHead(ports.table, detector.id, entity))) {
    throw new AppError("NOT_FOUND", `Detector "${detector.id}" has seen nothing of "${entity}" yet.`);
  }
  const history = await readHistory(ports, request, processes);
  return {
    manifest,
    newestMs: history.newestMs,
    intervalMs: history.intervalMs,
    points: bands(processes, history, request),
  };
};

/** Says how many rows are missing, rather than that some are. */
const bands = (processes: readonly LinearProcess[], history: History, { entity, ...horizon }: ForecastRequest) => {
  const needed = Math.max(...processes.map(reachOf));
  const have = Math.min(...history.columns.map(longestComplete));
  if (have >= needed) return forecastBands(processes, history, horizon);
  throw new AppError(
    "CONFLICT",
    `A forecast of "${entity}" needs ${needed} complete rows in a row, there are ${have}.`,
  );
};

export const forecastingFamilies = (): string[] =>
  FAMILY_NAMES.filter((name) => {
    const family = familyOf({ family: name });
    return family.kind === "trained" && family.forecasts === true;
  });

/** Throws `CONFLICT` for a detector whose family does not forecast, naming those that do. */
export const checkForecasts = ({ id, model }: Pick<Detector, "id" | "model">): void => {
  const names = forecastingFamilies();
  if (names.includes(model.family)) return;
  const others = names.join(" and ");
  throw new AppError(
    "CONFLICT",
    `Detector "${id}" has the family ${model.family}, which does not forecast; ${others} do.`,
  );
};

const championManifest = async (ports: RegistryPorts, detector: Detector): Promise<Manifest> => {
  const { id } = detector;
  checkForecasts(detector);
  const champion = await aliasOf(ports, id, "champion");
  if (!champion) throw new AppError("CONFLICT", `Detector "${id}" has no model yet; train it first.`);
  const manifest = await loadManifest(ports, id, champion.version);
  if (manifest.featureHash === featureHash(detector) && manifest.family === detector.model.family) return manifest;
  throw new AppError("CONFLICT", `Detector "${id}" was changed after its model was made; train it again.`);
};

const readHistory = async (
  ports: RegistryPorts,
  { detector, entity, fromMs }: ForecastRequest,
  processes: readonly LinearProcess[],
): Promise<History> => {
  const limit = Math.max(HISTORY_ROWS, ...processes.map((process) => HISTORY_REACHES * reachOf(process)));
  const points = await readPoints(ports.table, detector.id, entity, { toMs: fromMs, limit });
  const features = featureNames(detector).length;
  const isUsable = usablePoints(detector);
  const usable = points.map(isUsable);
  // Rows from before the detector was changed are of another kind.
  const known = knownRows(points.slice(usable.lastIndexOf(false) + 1), features);
  const intervalMs = detector.intervalSeconds === undefined ? undefined : detector.intervalSeconds * 1000;
  return historyOf(known, features, intervalMs, limit);
};
