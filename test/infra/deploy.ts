import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { type OfflineSst, openOfflineSst } from "./engine/offline-sst.ts";
import { SETTINGS, STAGES, type Stage, type StageLife } from "./stages.ts";

const ROOT = join(import.meta.dirname, "../..");

declare module "vitest" {
  interface ProvidedContext {
    /** Where the results of this run's deployments are, for as long as it lasts. */
    deployments: string;
  }
}

/** Takes every stage through its life, and keeps what was planned and packed for the tests to read. */
export default async function deployStages(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "tidewatch-deployments-"));
  project.provide("deployments", folder);
  const sst = await openOfflineSst(ROOT);
  try {
    for (const stage of STAGES) {
      const life = await lifeOf(sst, stage);
      writeFileSync(join(folder, `${stage}.json`), JSON.stringify(life));
    }
    keepPackages(join(folder, "packages"));
  } finally {
    await sst.close();
  }
  return () => rmSync(folder, { recursive: true, force: true });
}

const lifeOf = async (sst: OfflineSst, stage: Stage): Promise<StageLife> => ({
  // Once is enough to see that a plan and a deployment are the same: it takes as long.
  ...(stage === "dev" && { diff: await sst.diff(stage, SETTINGS[stage]) }),
  deploy: await sst.deploy(stage, SETTINGS[stage]),
  remove: await sst.remove(stage),
});

/** `.sst/artifacts/<function>/code.zip` is what Lambda would get; the next deployment writes over it. */
const keepPackages = (folder: string): void => {
  const artifacts = join(ROOT, ".sst/artifacts");
  mkdirSync(folder);
  for (const name of readdirSync(artifacts)) {
    const zip = join(artifacts, name, "code.zip");
    if (existsSync(zip)) copyFileSync(zip, join(folder, `${name}.zip`));
  }
};
