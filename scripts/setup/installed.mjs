import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const packagesOf = (path) => {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return {};
  }
};

/**
 * Names of packages that package-lock.json asks for and node_modules lacks or has in another version. npm writes its own
 * record of what it installed as the last step, so that an interrupted installation differs too.
 */
export const differingPackages = (root) => {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const installed = packagesOf(join(root, "node_modules/.package-lock.json"));
  return Object.entries(wanted)
    .filter(([path]) => path.startsWith("node_modules/"))
    .filter(([path, entry]) => {
      const found = installed[path];
      // Optional packages are those of other platforms.
      if (!found) return !entry.optional && !entry.devOptional;
      return found.version !== entry.version || !existsSync(join(root, path));
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
};
