import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it. `mkdirSync` with `recursive` never returns where the system answers ENOENT for a
 * folder whose parent is there, as `/proc` does (Node 24).
 *
 * @throws the system's error: EACCES, EROFS, ENOENT, ENOTDIR, EEXIST when a file stands there
 */
export const makeFolder = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another thread may have made it meanwhile.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
};
