import { AppError } from "../errors.ts";
import type { Blobs } from "../store/ports.ts";

/** Objects below one folder that a listing looks at. */
const MAX_LISTED = 10_000;
const MAX_PATH_LENGTH = 800;

/** Where an artifact of a run is kept. @throws AppError VALIDATION for a path that would lead elsewhere */
export const artifactKey = (runId: string, path: string): string => `${artifactFolder(runId)}/${checkedPath(path)}`;

export const artifactFolder = (runId: string): string => `runs/${runId}/artifacts`;

/** A relative path of plain parts: what a folder and S3 both can hold. @throws AppError VALIDATION */
export const checkedPath = (path: string): string => {
  const parts = path.split("/");
  const isPlain = parts.every((part) => part !== "" && part !== "." && part !== ".." && part.length <= 120);
  const isSafe = isPlain && path.length <= MAX_PATH_LENGTH && path.isWellFormed() && !UNSAFE.test(path);
  if (isSafe) return path;
  throw new AppError(
    "VALIDATION",
    `Invalid artifact path ${JSON.stringify(path)}: it must be relative, without . or ..`,
  );
};

/** A backslash is a separator elsewhere; control characters are none anywhere. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\\\u0000-\u001f\u007f]/;

export const putArtifact = (
  { blobs }: { blobs: Blobs },
  runId: string,
  path: string,
  bytes: Uint8Array,
): Promise<void> => blobs.put(artifactKey(runId, path), bytes);

/** A file, or a folder of some. */
export type Artifact = { path: string; isFolder: boolean };

/**
 * What lies directly below a folder (or, for a file's own path, nothing), by path.
 * @param folder a key without the slash at its end
 * @throws AppError TOO_LARGE for a folder with more objects than are looked at
 */
export const listFolder = async ({ blobs }: { blobs: Blobs }, folder: string): Promise<Artifact[]> => {
  const prefix = `${folder}/`;
  const keys = await blobs.list(prefix, { limit: MAX_LISTED + 1 });
  if (keys.length > MAX_LISTED) throw new AppError("TOO_LARGE", `${folder} holds more than ${MAX_LISTED} files`);
  const found = new Map<string, boolean>();
  for (const key of keys) {
    const [name = "", ...rest] = key.slice(prefix.length).split("/");
    found.set(name, rest.length > 0);
  }
  return [...found].map(([path, isFolder]) => ({ path, isFolder })).sort((a, b) => (a.path < b.path ? -1 : 1));
};
