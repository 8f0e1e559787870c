import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import type { LogModel } from "@tidewatch/core/log/model";
import { type LogFiles, logModelOf, parseLogManifest, type StoredLogModel } from "@tidewatch/core/register/log-files";
import { LOG_FILES } from "@tidewatch/core/register/log-manifest";
import { jsonFile } from "@tidewatch/core/register/models";

const MANIFEST = "manifest.json";

/** Paths of the files of a model in a folder. */
export const modelPaths = (folder: string): string[] => [MANIFEST, ...LOG_FILES].map((file) => join(folder, file));

/**
 * Writes a model's files, the manifest last: without one, what is there is no model. Another model there is replaced: then
 * it gives true.
 */
export const writeModelFolder = async (folder: string, { manifest, files }: StoredLogModel): Promise<boolean> => {
  await mkdir(folder, { recursive: true });
  const isReplaced = existsSync(join(folder, MANIFEST));
  for (const path of modelPaths(folder)) await rm(path, { force: true });
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
  await writeFile(join(folder, MANIFEST), jsonFile(manifest));
  return isReplaced;
};

/** @throws AppError NOT_FOUND, CORRUPT; they name the folder */
export const readModelFolder = async (folder: string): Promise<StoredLogModel & { model: LogModel }> => {
  const read = async (file: string) => {
    const bytes = await readFile(join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    return bytes && new Uint8Array(bytes);
  };
  const text = await read(MANIFEST);
  if (!text) {
    throw new AppError(
      "NOT_FOUND",
      `${folder} holds no model: it has no ${MANIFEST}. \`tidewatch logs train\` makes one.`,
    );
  }
  const manifest = parseLogManifest(parseJson(text), join(folder, MANIFEST));
  const files: LogFiles = {};
  for (const file of LOG_FILES) {
    const bytes = manifest.files[file] && (await read(file));
    if (bytes) files[file] = bytes;
  }
  return { manifest, files, model: logModelOf({ manifest, files }, folder) };
};

/** What is no JSON is no manifest either: that is found out next. */
const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};
