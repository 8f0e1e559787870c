import { AppError } from "../errors.ts";
import { LOG_FAMILY } from "../log/detector.ts";
import type { LogModel } from "../log/model.ts";
import type { Manifest } from "../model/manifest.ts";
import type { Blobs } from "../store/ports.ts";
import { checkModelSize } from "./limits.ts";
import { type LogFiles, logModelOf, parseLogManifest, type StoredLogModel } from "./log-files.ts";
import { LOG_FILES, type LogManifest } from "./log-manifest.ts";
import { inPlace, jsonFile, modelFileKey, parseManifest, type RegistryPorts, registerFiles } from "./models.ts";

/** A manifest of either kind of detector's models; `family` tells them apart. */
export type AnyManifest = Manifest | LogManifest;

export const isLogManifest = (manifest: AnyManifest): manifest is LogManifest => manifest.family === LOG_FAMILY;

/** Like `registerModel`, of a log detector. Throws `TOO_LARGE` for files that do not fit into a function. */
export const registerLogModel = async (ports: RegistryPorts, { manifest, files }: StoredLogModel): Promise<void> => {
  checkModelSize(Object.values(files).reduce((sum, { length }) => sum + length, 0));
  const named = { ...manifest, trainingRows: manifest.trainingSessions };
  await registerFiles(ports, named, { ...files, "manifest.json": jsonFile(manifest) });
};

/** The manifest of a version, whichever kind it is of. Throws `NOT_FOUND`, or `CORRUPT` when it cannot be read. */
export const loadAnyManifest = async (
  { blobs }: { blobs: Blobs },
  name: string,
  version: number,
): Promise<AnyManifest> => {
  const file = await blobs.get(modelFileKey(name, version, "manifest.json"));
  if (!file) throw new AppError("NOT_FOUND", `model ${name} has no version ${version}`);
  const document = readJson(file) as { family?: unknown } | null | undefined;
  if (document?.family !== LOG_FAMILY) return parseManifest(file, name, version);
  const manifest = parseLogManifest(document, `the manifest of model ${name} version ${version}`);
  return inPlace(manifest, name, version);
};

/** `undefined` for a version of a metric detector that had the same id. Throws as `loadAnyManifest` and `logModelOf` do. */
export const loadLogModel = async (
  { blobs }: { blobs: Blobs },
  name: string,
  version: number,
): Promise<LogModel | undefined> => {
  const manifest = await loadAnyManifest({ blobs }, name, version);
  if (!isLogManifest(manifest)) return undefined;
  const files: LogFiles = {};
  for (const file of LOG_FILES.filter((one) => manifest.files[one])) {
    const bytes = await blobs.get(modelFileKey(name, version, file));
    if (bytes) files[file] = bytes;
  }
  return logModelOf({ manifest, files }, `model ${name} version ${version}`);
};

const readJson = (file: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(file));
  } catch {
    return undefined;
  }
};
