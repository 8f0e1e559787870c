import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "@tidewatch/core/errors";

/** Where the rows of a series stand. `train`, where there is one, holds the rows before. */
export type SeriesFiles = { name: string; judged: string; train: string | undefined };

const DEFAULT_TRAIN_SUFFIX = ".train";
const CSV = /\.csv(\.gz)?$/;

/**
 * The series of a folder and the folders in it, by name: each CSV file is one; `<name><suffix>.csv` is the training
 * part of `<name>.test.csv` or `<name>.csv`. Names are paths below the folder, without endings.
 * @param trainSuffix as the user gave it; then every series must have such a file
 */
export const findSeries = async (folder: string, trainSuffix: string | undefined): Promise<SeriesFiles[]> => {
  const paths = await csvFiles(folder);
  if (paths.size === 0) throw new AppError("VALIDATION", `${folder} holds no file named .csv or .csv.gz.`);
  const suffix = trainSuffix ?? DEFAULT_TRAIN_SUFFIX;
  const testSuffix = suffix.replace("train", "test");
  const isTrain = (stem: string) => stem.endsWith(suffix);
  const isTest = (stem: string) => testSuffix !== suffix && stem.endsWith(testSuffix);
  const series = [...paths.keys()]
    .filter((stem) => !isTrain(stem))
    .map((stem): SeriesFiles => {
      const name = isTest(stem) ? stem.slice(0, -testSuffix.length) : stem;
      const train = paths.get(name + suffix);
      if (isTest(stem) && !train) {
        throw new AppError("VALIDATION", `${paths.get(stem)} has no training part: ${name}${suffix}.csv is missing.`);
      }
      if (!train && trainSuffix !== undefined) {
        throw new AppError("VALIDATION", `${paths.get(stem)} has no training part named ${name}${suffix}.csv.`);
      }
      return { name, judged: paths.get(stem)!, train };
    });
  checkNames(series, paths, isTrain);
  return series.sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** Paths by their part below the folder without ending; hidden folders are left out. */
const csvFiles = async (folder: string): Promise<Map<string, string>> => {
  const names = (await readdir(folder, { recursive: true }))
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => CSV.test(name) && !/(^|\/)\./.test(name));
  const paths = new Map<string, string>();
  for (const name of names.sort()) {
    const stem = name.replace(CSV, "");
    const other = paths.get(stem);
    if (other) throw new AppError("VALIDATION", `${other} and ${join(folder, name)} are one series twice; remove one.`);
    paths.set(stem, join(folder, name));
  }
  return paths;
};

const checkNames = (
  series: readonly SeriesFiles[],
  paths: ReadonlyMap<string, string>,
  isTrain: (stem: string) => boolean,
): void => {
  const names = new Set<string>();
  for (const { name, judged } of series) {
    if (names.has(name))
      throw new AppError("VALIDATION", `${judged} and ${name}.csv are two test parts of one series.`);
    names.add(name);
  }
  const trains = new Set(series.map(({ train }) => train));
  const alone = [...paths].find(([stem, path]) => isTrain(stem) && !trains.has(path));
  if (alone) throw new AppError("VALIDATION", `${alone[1]} is a training part without rows to judge beside it.`);
};
