import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { CheckContext, Outcome } from "./checks.ts";

/** Proves that the library loads on this machine and that what it writes is there when read. */
export const checkSqlite = async (): Promise<Outcome> => {
  const { openFile } = await import("@tidewatch/local/sqlite/open");
  const scratch = await mkdtemp(join(tmpdir(), "tidewatch-doctor-"));
  try {
    const kind = { applicationId: 1, schemaVersion: 1, schema: "CREATE TABLE probe (n INTEGER)", pageSize: 4096 };
    const db = openFile(join(scratch, "probe.sqlite"), kind);
    db.exec("INSERT INTO probe VALUES (42)");
    const { version, n } = db.prepare("SELECT sqlite_version() AS version, n FROM probe").get() as {
      version: string;
      n: number;
    };
    db.close();
    return n === 42
      ? { state: "ok", text: `version ${version} opens, writes and reads` }
      : { state: "fail", text: "it lost a row" };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

export const checkDataFolder = async ({ directory }: CheckContext): Promise<Outcome> => {
  const folder = resolve(directory);
  const found = await stat(folder).catch(() => undefined);
  if (!found) return checkWritable(join(folder, ".."), `${folder} will be made on the first start`);
  if (!found.isDirectory()) {
    return { state: "fail", text: `${folder} is a file`, next: "Choose another data folder with --directory." };
  }
  const holder = await holderOf(folder);
  return checkWritable(folder, `${folder} is writable${holder ? `; process ${holder} runs a pipeline on it` : ""}`);
};

/** The process that runs a pipeline on the folder; a crash leaves the file behind, so it counts only while that lives. */
const holderOf = async (folder: string): Promise<number | undefined> => {
  const { dataPaths } = await import("@tidewatch/local/runtime/paths");
  try {
    const { pid } = JSON.parse(await readFile(dataPaths(folder).lockHolder, "utf8")) as { pid: number };
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
};

const checkWritable = async (folder: string, text: string): Promise<Outcome> => {
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    await writeFile(probe, "probe", { flush: true });
    await rm(probe, { force: true });
    return { state: "ok", text };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      state: "fail",
      text: `${folder} is not writable (${code})`,
      next: "Change its permissions, or choose another folder with --directory.",
    };
  }
};
