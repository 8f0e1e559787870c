import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CompactedFile } from "@tidewatch/core/dataset/manifest";
import { AppError } from "@tidewatch/core/errors";
import type { Blobs } from "@tidewatch/core/store/ports";
import type { Workspace } from "./duckdb.ts";

/** Brings a compacted file to the folder. @throws AppError NOT_FOUND (it was superseded meanwhile), CORRUPT */
export const fetchFile = async (
  blobs: Blobs,
  { folder }: Workspace,
  { key, sha256 }: CompactedFile,
  name: string,
): Promise<string> => {
  const bytes = await blobs.get(key);
  if (!bytes) throw new AppError("NOT_FOUND", `the object ${key} was deleted while the archive was read`);
  if (hashOf(bytes) !== sha256) {
    throw new AppError("CORRUPT", `${key} is corrupt: its bytes are not those that its manifest names`);
  }
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

/** Whether a file is there with the very bytes that its manifest names. */
export const isWhole = async (blobs: Blobs, { key, sha256 }: CompactedFile): Promise<boolean> => {
  const bytes = await blobs.get(key);
  return bytes !== undefined && hashOf(bytes) === sha256;
};

export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
