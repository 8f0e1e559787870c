import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { readZip, type ZipEntry } from "./zip.ts";

export type Package = { name: string; zippedBytes: number; entries: ZipEntry[] };

/** What a function would be given, as packed by this run's last deployment. */
export const packageOf = (name: string): Package => {
  const zip = readFileSync(join(inject("deployments"), "packages", `${name}.zip`));
  return { name, zippedBytes: zip.length, entries: readZip(zip) };
};

export const deployedPackages = (): Package[] =>
  readdirSync(join(inject("deployments"), "packages"))
    .toSorted()
    .map((file) => packageOf(file.replace(/\.zip$/, "")));

export const unzippedBytes = ({ entries }: Package): number =>
  entries.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Functions that run models, and those that read the archive with DuckDB. */
export const RUNS_MODELS = ["Api", "Job", "Retrain", "Score", "Shadow", "Train"];
export const USES_DUCKDB = ["Compact", "Retrain"];
