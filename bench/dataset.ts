import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PROCESS = fileURLToPath(new URL("./dataset-process.ts", import.meta.url));
const run = promisify(execFile);

type Step = { seconds: number; peakMegabytes: number; bytes: number; hash: string };

/**
 * Events in an archive → training vectors, by way of compacted files and of the objects as they arrived. Each step has a process
 * of its own, whose highest resident memory is the kernel's figure.
 */
export const datasetBench = async (events: number) => {
  const folder = await mkdtemp(join(tmpdir(), "tidewatch-bench-"));
  const step = async (name: string, hash = ""): Promise<Step> => {
    const { stdout } = await run(process.execPath, [PROCESS, name, folder, String(events), hash]);
    return JSON.parse(stdout) as Step;
  };
  try {
    const archive = await step("generate");
    const tail = await step("freeze");
    const compact = await step("compact");
    const freeze = await step("freeze");
    if (freeze.hash !== tail.hash) throw new Error("the dataset is not the same once it is compacted");
    const read = await step("read", freeze.hash);
    return { events, archive, tail, compact, freeze, read };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
