import { type AnyDetector, isLogDetector, modelFamilyOf } from "../any-detector.ts";
import { AppError } from "../errors.ts";
import { featureHash } from "../feature/hash.ts";
import { definitionHash } from "../log/definition.ts";
import { familyOf } from "../model/families.ts";
import { getDetector } from "../store/detectors.ts";
import type { Clock } from "../store/ports.ts";
import { type AliasCause, aliasOf, listAliases } from "./aliases.ts";
import { type AnyManifest, isLogManifest, loadAnyManifest } from "./log-models.ts";
import { listVersions, type ModelVersion, promote, type RegistryPorts } from "./models.ts";

/** A version's number, or `previous`: the champion before the present one, which is how a promotion is rolled back. */
export type WantedVersion = number | "previous";

/**
 * Puts a registered version into use, if it is of the family that its detector has now, and made for the rows it makes now.
 * @param revision moves of the champion that the decision knows of; absent: whatever they are
 * @throws AppError NOT_FOUND (detector, version), CONFLICT (another family, made for other rows, or nothing to go back to)
 */
export const promoteVersion = async (
  ports: RegistryPorts & { clock: Clock },
  name: string,
  wanted: WantedVersion,
  cause: AliasCause,
  revision?: number,
): Promise<number> => {
  const detector = await modelledDetector(ports, name);
  const version = wanted === "previous" ? await previousOf(ports, name) : wanted;
  checkFits(detector, await loadAnyManifest(ports, name, version));
  await promote(ports, name, version, ports.clock(), cause, revision);
  return version;
};

/** The detector, if it is of a family that uses models. */
const modelledDetector = async ({ table }: RegistryPorts, name: string): Promise<AnyDetector> => {
  const stored = await getDetector(table, name);
  if (!stored) throw new AppError("NOT_FOUND", `There is no detector "${name}" that a model could be used by.`);
  const { detector } = stored;
  if (!isLogDetector(detector) && familyOf(detector.model).kind === "online") {
    throw new AppError(
      "CONFLICT",
      `Detector "${name}" learns row by row (${detector.model.family}) and uses no model.`,
    );
  }
  return detector;
};

/**
 * Whether a version is of the family that its detector has now, and made for the rows it makes now.
 * @throws AppError NOT_FOUND, CONFLICT
 */
export const checkVersionFits = async (ports: RegistryPorts, name: string, version: number): Promise<void> => {
  checkFits(await modelledDetector(ports, name), await loadAnyManifest(ports, name, version));
};

const checkFits = (detector: AnyDetector, manifest: AnyManifest): void => {
  const { version, family } = manifest;
  if (family !== modelFamilyOf(detector)) {
    throw new AppError(
      "CONFLICT",
      `Version ${version} is of the model family ${family}; detector "${detector.id}" has ${modelFamilyOf(detector)} now.`,
    );
  }
  const [made, now] = [
    isLogManifest(manifest) ? manifest.definition : manifest.featureHash,
    isLogDetector(detector) ? definitionHash(detector) : featureHash(detector),
  ];
  if (made === now) return;
  const other = isLogDetector(detector)
    ? "another match, format or session"
    : "other features, or another shingle or interval,";
  throw new AppError("CONFLICT", `Version ${version} was made for ${other} than detector "${detector.id}" has now.`);
};

/** A promotion that died half-way leaves `previous` at the champion: then the version before that is meant. */
const previousOf = async (ports: RegistryPorts, name: string): Promise<number> => {
  const [champion, previous] = await Promise.all([aliasOf(ports, name, "champion"), aliasOf(ports, name, "previous")]);
  const version = previous?.version === champion?.version ? previous?.before : previous?.version;
  if (version) return version;
  throw new AppError("CONFLICT", `Detector "${name}" has had no other model before; there is nothing to go back to.`);
};

type InUse = { version: number; sinceMs: number };
/** What the aliases name, and which versions there are, the newest first. */
export type ModelOverview = {
  name: string;
  champion: InUse | null;
  previous: InUse | null;
  aliases: Record<string, InUse>;
  versions: ModelVersion[];
};

export const overviewOf = async (ports: RegistryPorts, name: string, limit: number): Promise<ModelOverview> => {
  const [found, versions] = await Promise.all([listAliases(ports, name), listVersions(ports, name, limit)]);
  // Without who moved them and why: that is the history's to tell.
  const aliases = Object.fromEntries(
    Object.entries(found).map(([alias, { version, sinceMs }]) => [alias, { version, sinceMs }]),
  );
  return { name, champion: aliases.champion ?? null, previous: aliases.previous ?? null, aliases, versions };
};
