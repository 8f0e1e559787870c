import type { Detector } from "../detector.ts";
import { configHash, featureHash } from "../feature/hash.ts";
import { loadManifest, type RegistryPorts } from "../register/models.ts";
import type { Point } from "../store/points.ts";

/**
 * Points do not say which features they have. They have the present ones when the detector document is the present one, or
 * when the model that scored them was made for the same features.
 */
export const usablePoints = (ports: Pick<RegistryPorts, "blobs">, detector: Detector) => {
  const [config, features] = [configHash(detector), featureHash(detector)];
  const fits = new Map<number, Promise<boolean>>([[0, Promise.resolve(false)]]);
  const modelFits = async (version: number) => {
    const manifest = await loadManifest(ports, detector.id, version);
    return manifest.featureHash === features;
  };
  return async (point: Point): Promise<boolean> => {
    if (point.configHash === config) return true;
    const known = fits.get(point.modelVersion) ?? modelFits(point.modelVersion);
    fits.set(point.modelVersion, known);
    return await known;
  };
};
