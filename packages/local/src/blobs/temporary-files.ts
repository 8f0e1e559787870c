import { randomUUID } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../sqlite/make-folder.ts";
import { TEMPORARY_FOLDER } from "./blob-path.ts";

/** Writing an object takes milliseconds; a file of a living process (or of a reused pid) that is older is left over. */
const LEFT_OVER_AFTER_MS = 60 * 60 * 1000;

const temporaryFolderOf = (directory: string): string => join(directory, TEMPORARY_FOLDER);

/** Writes and syncs a new temporary file; gives its path. The name begins with the process's id, for the sweep. */
export const writeTemporary = async (directory: string, bytes: Uint8Array): Promise<string> => {
  const path = join(temporaryFolderOf(directory), `${process.pid}-${randomUUID()}`);
  const file = await open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
};

/** Makes the folder for temporary files, and removes those that a killed process left in it. */
export const sweepTemporary = (directory: string, nowMs: number): void => {
  const folder = temporaryFolderOf(directory);
  makeFolder(folder);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const age = nowMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs);
    if (age > LEFT_OVER_AFTER_MS || !isAlive(Number(name.split("-")[0]))) rmSync(path, { force: true });
  }
};

/** Whether there is a process of this number. */
export const isAlive = (pid: number): boolean => {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};
