import { join } from "node:path";
import { AppError } from "@tidewatch/core/errors";

/** Bytes of a key: S3's limit; of one of its parts: what common file systems take. */
const MAX_KEY_BYTES = 1024;
const MAX_PART_BYTES = 255;
/** Where objects stand until they are whole. No key may begin with it. */
export const TEMPORARY_FOLDER = ".tmp";

/** Path of a key's file. @throws AppError VALIDATION for a key that a folder cannot hold, or that would leave it */
export const blobPath = (directory: string, key: string): string => {
  const refuse = (why: string): never => {
    throw new AppError("VALIDATION", `object key ${JSON.stringify(key)} ${why}`);
  };
  if (key.length === 0 || Buffer.byteLength(key) > MAX_KEY_BYTES) refuse(`has not 1 to ${MAX_KEY_BYTES} bytes`);
  if (!key.isWellFormed()) refuse("is not well-formed Unicode");
  if (/[\0\\]/.test(key)) refuse("has a NUL or a backslash");
  const parts = key.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) refuse("has an empty part, . or ..");
  if (parts.some((part) => Buffer.byteLength(part) > MAX_PART_BYTES)) refuse(`has a part over ${MAX_PART_BYTES} bytes`);
  if (parts[0] === TEMPORARY_FOLDER) refuse(`begins with ${TEMPORARY_FOLDER}, which is kept for unfinished objects`);
  return join(directory, ...parts);
};
