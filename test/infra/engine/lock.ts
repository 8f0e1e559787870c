import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;
/** Two deployments and their tests take a minute, several at once some more. */
const PATIENCE_MS = 15 * 60_000;

/** Waits until no other live process holds the file, then holds it. Returns the way to give it back. */
export const holdLock = async (path: string): Promise<() => void> => {
  mkdirSync(dirname(path), { recursive: true });
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (!isHeld(path)) rmSync(path, { force: true });
    else if (Date.now() > deadline)
      throw new Error(`another deployment holds ${path}: wait for it, or remove the file`);
  }
};

const isHeld = (path: string): boolean => {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Made, and not written yet.
    if (!(pid > 0)) return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};
