import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import { planOf } from "../feature/plan.ts";
import type { Manifest } from "../model/manifest.ts";

/** @throws AppError VALIDATION when the detector's family has no versions, CONFLICT when this one is of other features */
export const checkVersion = (
  detector: Detector,
  manifest: Pick<Manifest, "name" | "version" | "featureHash">,
): void => {
  checkHasVersions(detector);
  const { featureHash, id } = planOf(detector);
  if (manifest.featureHash === featureHash) return;
  const what = `version ${manifest.version} of model ${manifest.name}`;
  throw new AppError("CONFLICT", `${what} was made for other features than those that detector ${id} has now`);
};

/** @throws AppError VALIDATION when the detector's family learns row by row */
export const checkHasVersions = (detector: Detector): void => {
  if (!planOf(detector).online) return;
  const what = `Detector "${detector.id}" learns row by row (${detector.model.family})`;
  throw new AppError("VALIDATION", `${what}: it has no model versions, hence no backtests.`);
};
