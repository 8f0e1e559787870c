import { type Detector, trainingConfig } from "../detector.ts";
import { AppError } from "../errors.ts";
import { featureHash, rowsHash } from "../feature/hash.ts";
import { learnsFromLabels } from "../model/families.ts";
import { aliasOf } from "../register/aliases.ts";
import { loadManifest, type RegistryPorts } from "../register/models.ts";
import { detectorLister } from "../store/detectors.ts";
import type { Head } from "../store/head.ts";
import { listLabels } from "../store/labels.ts";
import type { Table } from "../store/ports.ts";
import { allSeries } from "../store/read-series.ts";
import { countLabelledRows, missingLabels } from "./labelled.ts";

export type DueDetector = { detector: Detector; rows: number };

/**
 * Enabled detectors that have no model of their family for their present features, and rows enough to train one, with labels
 * where it learns from them. One that cannot be read is left out, one whose model or labels cannot be read is due: neither
 * keeps the others waiting.
 */
export const dueDetectors = async (ports: RegistryPorts): Promise<DueDetector[]> => {
  const due: DueDetector[] = [];
  for (const detector of await detectorLister(ports.table, () => 0, 0)()) {
    const config = trainingConfig(detector);
    if (!config) continue;
    if (await hasFittingModel(ports, detector)) continue;
    const rows = await rowsWhenDue(ports, detector, config.minTrainingRows);
    if (rows !== undefined) due.push({ detector, rows });
  }
  return due;
};

/**
 * Rows that it would train on, `undefined` while they are too few. Rows with labels are counted one by one, which takes as
 * long as to read them for training: only when there are labels of both kinds.
 */
const rowsWhenDue = async (ports: RegistryPorts, detector: Detector, needed: number): Promise<number | undefined> => {
  if (learnsFromLabels(detector.model)) return await labelledRowsWhenDue(ports, detector, needed);
  const rows = await countTrainingRows(ports.table, detector);
  return rows >= needed ? rows : undefined;
};

const labelledRowsWhenDue = async (ports: RegistryPorts, detector: Detector, needed: number) => {
  try {
    const labels = await listLabels(ports.table, detector.id);
    if (new Set(labels.map(({ label }) => label.label)).size < 2) return undefined;
    const counts = await countLabelledRows(ports, detector);
    return missingLabels(counts, needed) ? undefined : counts.anomalous + counts.normal;
  } catch (error) {
    // Its training will say what is wrong with it.
    if (error instanceof AppError && error.code === "CORRUPT") return 0;
    throw error;
  }
};

/** Rows that a detector without a model can train on. */
export const countTrainingRows = async (table: Table, detector: Detector): Promise<number> => {
  const made = rowsHash(detector);
  let rows = 0;
  for await (const { head } of allSeries(table, detector.id)) {
    if (head.rowsHash === made) rows += trainingRowsOf(head);
  }
  return rows;
};

/**
 * The same of one series. Its counts go back beyond a change of features, what its levels have learnt does not; and its
 * first rows only fill its first shingle.
 */
export const trainingRowsOf = ({ levels, state }: Head): number => {
  const shingleSize = state.window.length / levels.levels.length;
  return Math.max(0, levels.rows - (shingleSize - 1));
};

/** A document that does not parse throws an error that is no `AppError`. */
const hasFittingModel = async (ports: RegistryPorts, detector: Detector): Promise<boolean> => {
  try {
    const champion = await aliasOf(ports, detector.id, "champion");
    if (!champion) return false;
    const manifest = await loadManifest(ports, detector.id, champion.version);
    return manifest.featureHash === featureHash(detector) && manifest.family === detector.model.family;
  } catch (error) {
    if (error instanceof AppError && error.code !== "CORRUPT" && error.code !== "NOT_FOUND") throw error;
    return false;
  }
};
