import { readFile, stat } from "node:fs/promises";
import { AppError } from "@tidewatch/core/errors";
import { ImportManifest } from "@tidewatch/core/model/onnx/import-manifest";
import type { ImportOrder } from "@tidewatch/core/register/import";
import { checkModelSize } from "@tidewatch/core/register/limits";
import { readReference } from "./reference-file.ts";

export type ImportFiles = { manifest: string; detector?: string | undefined; reference?: string | undefined };
export type ImportOptions = ImportFiles & { promote?: true };

/** Reads what an import is made of. @throws AppError that names the file and what is wrong with it */
export const readOrder = async (file: string, { manifest, detector, reference }: ImportFiles): Promise<ImportOrder> => {
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
