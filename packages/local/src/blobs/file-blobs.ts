import { link, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AppError } from "@tidewatch/core/errors";
import type { BlobEntry, Blobs, Clock } from "@tidewatch/core/store/ports";
import { asAppError } from "../sqlite/failure.ts";
import { blobPath } from "./blob-path.ts";
import { durableFolders, syncFolder } from "./durable-folders.ts";
import { listKeys } from "./list-keys.ts";
import { sweepTemporary, writeTemporary } from "./temporary-files.ts";

/**
 * Objects as files in a folder, the key being the path. An object is written to a temporary file, synced, renamed (or,
 * for `putIfAbsent`, linked, which fails when the name is taken), and its folder synced: a put that has returned
 * survives a power cut, and no reader ever sees a part of one. Any number of processes may share the folder.
 *
 * Unlike S3, a key cannot go on below another key (`a` and `a/b`): AppError CONFLICT.
 *
 * @throws AppError UNAVAILABLE when the folder cannot be made or written
 */
export const fileBlobs = (directory: string, options: { now: Clock } = { now: Date.now }): Blobs => {
  const root = resolve(directory);
  try {
    sweepTemporary(root, options.now());
  } catch (error) {
    throw asAppError(error, root);
  }
  const folders = durableFolders(root);

  /** Writes a whole temporary file and lets `place` give it its name. */
  const write = async (key: string, bytes: Uint8Array, place: Place): Promise<boolean> => {
    const path = blobPath(root, key);
    return explained(key, path, async () => {
      const temporary = await writeTemporary(root, bytes);
      try {
        const placed = await placeIn(folders, path, () => place(temporary, path));
        if (placed) await syncFolder(dirname(path));
        return placed;
      } finally {
        await rm(temporary, { force: true });
      }
    });
  };

  const list: Blobs["list"] = async (prefix, { after = "", limit = Number.POSITIVE_INFINITY } = {}) => {
    const keys: string[] = [];
    if (limit < 1) return keys;
    for await (const key of listKeys(root, prefix, after)) {
      keys.push(key);
      if (keys.length >= limit) break;
    }
    return keys;
  };

  return {
    async get(key) {
      const path = blobPath(root, key);
      try {
        return await readFile(path);
      } catch (error) {
        // A file where a folder should be, or the reverse: there is no such object either way.
        if (["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error))) return undefined;
        throw asAppError(error, path);
      }
    },
    async put(key, bytes) {
      await write(key, bytes, replace);
    },
    putIfAbsent: (key, bytes) => write(key, bytes, create),
    list,
    async entries(prefix, options) {
      const found = await Promise.all((await list(prefix, options)).map((key) => entryOf(root, key)));
      return found.filter((entry) => entry !== undefined);
    },
    async remove(keys) {
      for (const key of keys) await removeFile(blobPath(root, key));
    },
  };
};

/** A file that was put in another's place is another file, whatever its size and time. `undefined`: it is gone by now. */
const entryOf = async (root: string, key: string): Promise<BlobEntry | undefined> => {
  try {
    const { size, mtimeNs, ino } = await stat(join(root, key), { bigint: true });
    return { key, version: `${size}-${mtimeNs}-${ino}` };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw asAppError(error, key);
  }
};

/** The folders stay, empty as they may be: another object may be about to be written into them. */
const removeFile = async (path: string): Promise<void> => {
  await unlink(path).catch((error: unknown) => {
    if (!["ENOENT", "ENOTDIR", "EISDIR", "EPERM"].includes(codeOf(error))) throw asAppError(error, path);
  });
};

type Place = (temporary: string, path: string) => Promise<boolean>;

const replace: Place = async (temporary, path) => {
  await rename(temporary, path);
  return true;
};

const create: Place = async (temporary, path) => {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if ((await stat(path)).isDirectory()) throw error;
    return false;
  }
};

/** Once more with folders made anew when somebody removed them since. */
const placeIn = async <T>(folders: ReturnType<typeof durableFolders>, path: string, place: () => Promise<T>) => {
  await folders.ensure(dirname(path));
  try {
    return await place();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    folders.forget();
    await folders.ensure(dirname(path));
    return place();
  }
};

const explained = async <T>(key: string, path: string, write: () => Promise<T>): Promise<T> => {
  try {
    return await write();
  } catch (error) {
    if (["ENOTDIR", "EISDIR", "EEXIST", "ENOTEMPTY"].includes(codeOf(error))) {
      throw new AppError("CONFLICT", `object ${key} and another object would have to be file and folder at once`, {
        cause: error,
      });
    }
    throw asAppError(error, path);
  }
};

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
