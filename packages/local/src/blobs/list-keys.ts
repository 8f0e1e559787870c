import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { TEMPORARY_FOLDER } from "./blob-path.ts";

/**
 * Keys under a folder in UTF-8 byte order, read folder by folder, so that only folders which can hold a wanted key are
 * opened. A folder sorts by its name with the slash, as its keys do: `a-b` < `a/c` < `a0`.
 */
export async function* listKeys(directory: string, prefix: string, after: string): AsyncGenerator<string> {
  const parent = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  // What no key could be is looked for nowhere: `../x` must not read outside the folder.
  const parts = parent.split("/").slice(0, -1);
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) return;
  if (parts[0] === TEMPORARY_FOLDER) return;
  yield* walk(directory, parent, prefix, after);
}

async function* walk(directory: string, parent: string, prefix: string, after: string): AsyncGenerator<string> {
  const names = (await entriesOf(join(directory, parent))).map((name) => parent + name);
  for (const name of names.sort(byBytes)) {
    const isFolder = name.endsWith("/");
    if (!name.startsWith(prefix) && !(isFolder && prefix.startsWith(name))) continue;
    if (!isFolder) {
      if (byBytes(name, after) > 0) yield name;
    } else if (after.startsWith(name) || byBytes(name, after) > 0) {
      yield* walk(directory, name, prefix, after);
    }
  }
}

/** Names in a folder, those of folders with a slash; none when it is not there. */
const entriesOf = async (path: string): Promise<string[]> => {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.name !== TEMPORARY_FOLDER && (entry.isFile() || entry.isDirectory()))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return [];
    throw error;
  }
};

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
