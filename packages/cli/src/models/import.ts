import { readFile, stat } from "node:fs/promises";
import { AppError } from "@tidewatch/core/errors";
import { ImportManifest } from "@tidewatch/core/model/onnx/import-manifest";
import type { ImportOrder } from "@tidewatch/core/register/import";
import type { LogModelOrder } from "@tidewatch/core/register/import-log";
import { checkModelSize } from "@tidewatch/core/register/limits";
import { UsageError } from "../failure.ts";
import { readModelFolder } from "../logs/model-folder.ts";
import { readReference } from "./reference-file.ts";

export type ImportFiles = {
  manifest?: string | undefined;
  detector?: string | undefined;
  reference?: string | undefined;
};
export type ImportOptions = ImportFiles & { promote?: true };

/** Reads what an import is made of. @throws AppError that names the file and what is wrong with it */
export const readOrder = async (file: string, { manifest, detector, reference }: ImportFiles): Promise<ImportOrder> => {
  if (manifest === undefined) throw new UsageError("Say what the model takes and gives: --manifest FILE.");
  const wanted = parseManifest(manifest, await readFile(manifest, "utf8"));
  const detectorId = detector ?? wanted.detector;
  if (detectorId === undefined) {
    throw new AppError("VALIDATION", `Say which detector the model is for: --detector, or "detector" in ${manifest}.`);
  }
  checkModelSize((await stat(file)).size);
  return {
    detectorId,
    onnx: new Uint8Array(await readFile(file)),
    // Whom it is for is decided now: the command line outweighs the file.
    manifest: { ...wanted, detector: detectorId },
    reference: reference === undefined ? undefined : await readReference(reference, wanted.features),
  };
};

/** Of a folder that `tidewatch logs train` wrote. @throws AppError that names the folder and what is wrong with it */
export const readLogOrder = async (
  folder: string,
  { manifest, detector, reference }: ImportFiles,
): Promise<LogModelOrder> => {
  if (manifest !== undefined || reference !== undefined) {
    throw new UsageError(`${folder} is the folder of a model of log sessions: leave --manifest and --reference out.`);
  }
  if (detector === undefined) throw new UsageError("Say which log detector the model is for: --detector ID.");
  const { manifest: own, files } = await readModelFolder(folder);
  return { detectorId: detector, manifest: own, files };
};

const parseManifest = (file: string, text: string): ImportManifest => {
  const result = ImportManifest.safeParse(parseJson(file, text));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `  ${path.join(".") || "manifest"}: ${message}`);
  throw new AppError("VALIDATION", `${file} holds no valid manifest:\n${problems.join("\n")}`);
};

const parseJson = (file: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("VALIDATION", `${file} is not JSON: ${(cause as Error).message}.`, { cause });
  }
};
