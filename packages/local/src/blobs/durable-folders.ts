import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

export type DurableFolders = {
  /** Makes the folder and those above it; when it returns, a power cut leaves them. */
  ensure(path: string): Promise<void>;
  /** To be called when a folder turned out to be gone. */
  forget(): void;
};

/** Folders below `root`, each made and synced once in the life of the process. `root` itself must exist. */
export const durableFolders = (root: string): DurableFolders => {
  const made = new Map<string, Promise<void>>();

  const make = async (path: string): Promise<void> => {
    if (path === root) return;
    await ensure(dirname(path));
    await mkdir(path).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
    await syncFolder(dirname(path));
  };
  const ensure = (path: string): Promise<void> => {
    const known = made.get(path);
    if (known !== undefined) return known;
    const making = make(path);
    made.set(path, making);
    // A failure is the caller's to see; the next one tries again.
    making.catch(() => made.delete(path));
    return making;
  };
  return { ensure, forget: () => made.clear() };
};

/** Makes the names in a folder durable. Windows cannot sync a folder, and keeps names by its journal. */
export const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
