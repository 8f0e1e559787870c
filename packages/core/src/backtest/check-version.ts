import type { Detector } from "../detector.ts";
import { AppError } from "../errors.ts";
import { planOf } from "../feature/plan.ts";
import type { Manifest } from "../model/manifest.ts";

/** @throws AppError VALIDATION when the detector's family has no versions, CONFLICT when this one is of other features */
export const checkVersion = (
  detector: Detector,
  manifest: Pick<Manifest, "name" | "version" | "featureHash">,
): void => {
  const { online, featureHash, id } = planOf(detector);
  const { family } = detector.model;
  if (online)
    throw new AppError("VALIDATION", `detector ${id} learns row by row (${family}): it has no model versions`);
  if (manifest.featureHash === featureHash) return;
  const what = `version ${manifest.version} of model ${manifest.name}`;
  throw new AppError("CONFLICT", `${what} was made for other features than those that detector ${id} has now`);
};
