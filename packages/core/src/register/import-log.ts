import { AppError } from "../errors.ts";
import { definitionHash } from "../log/definition.ts";
import { getLogDetector } from "../store/detectors.ts";
import type { Clock } from "../store/ports.ts";
import { type LogFiles, logModelOf, parseLogManifest, storedLogModel } from "./log-files.ts";
import type { LogManifest } from "./log-manifest.ts";
import { registerLogModel } from "./log-models.ts";
import { promote, type RegistryPorts, reserveVersion } from "./models.ts";

/** A version that was made elsewhere: a manifest, whatever it says of name and version, and the files that it names. */
export type LogModelOrder = { detectorId: string; manifest: unknown; files: LogFiles };
export type ImportedLogModel = Pick<
  LogManifest,
  "name" | "version" | "trainingSessions" | "labels" | "decidedBy" | "metrics"
> & { promoted: boolean };

/**
 * Registers a model of sessions that was made from a file of lines as the next version of a log detector. It is read and
 * written anew: what is stored is what this release writes. It is taken to be made for the detector as it is now.
 *
 * @throws AppError NOT_FOUND (detector), CONFLICT (one of metrics), VALIDATION for what is no model, TOO_LARGE
 */
export const importLogModel = async (
  ports: RegistryPorts & { clock: Clock },
  { detectorId, manifest: given, files }: LogModelOrder,
  isUsed: boolean,
): Promise<ImportedLogModel> => {
  const of = await getLogDetector(ports.table, detectorId);
  if (!of) {
    throw new AppError("NOT_FOUND", `There is no detector "${detectorId}" for this model.`);
  }
  const { manifest, model } = readGiven(given, files);
  const { trainedAtMs, trainingFromMs, trainingToMs, labels, seed } = manifest;
  const version = await reserveVersion(ports, detectorId);
  const stored = storedLogModel(model, {
    ...{
      definition: definitionHash(of.detector),
      name: detectorId,
      version,
      source: "file",
      trainedAtMs,
      trainingFromMs,
      trainingToMs,
      labels,
      seed,
    },
  });
  await registerLogModel(ports, stored);
  if (isUsed) await promote(ports, detectorId, version, ports.clock(), IMPORTED);
  const { trainingSessions, decidedBy, metrics } = stored.manifest;
  return { name: detectorId, version, trainingSessions, labels, decidedBy, metrics, promoted: isUsed };
};

/** An import is its owner's doing; who that is the edge knows, and says where it promotes by itself. */
const IMPORTED = { by: "import", reason: "imported with the wish to use it" };

/** What is damaged here was never registered: whoever sent it has to look. */
const readGiven = (given: unknown, files: LogFiles) => {
  try {
    const manifest = parseLogManifest(given, "The manifest");
    return { manifest, model: logModelOf({ manifest, files }, "the model") };
  } catch (cause) {
    throw new AppError("VALIDATION", (cause as Error).message, { cause });
  }
};
