import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const filesBelow = (root, path) => {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full).flatMap((name) => filesBelow(root, join(path, name)));
};

/** One hash over names and contents of files and folders (recursively); a missing one counts as empty. */
export const hashFiles = (root, paths) => {
  const hash = createHash("sha256");
  for (const path of paths.flatMap((each) => filesBelow(root, each)).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  }
  return hash.digest("hex");
};
