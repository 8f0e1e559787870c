import { measureSpeed, type SpeedPorts } from "../register/limits.ts";
import type { RegistryPorts } from "../register/models.ts";
import { loadModel } from "../register/models.ts";
import { addRow, emptyTally, type ModelTally, type TalliedRow } from "./tally.ts";

/** What both models made of the same rows of one series; `champion` is absent where there is none. */
export type ComparedSeries = {
  entity: string;
  fromMs: number;
  toMs: number;
  champion?: ModelTally | undefined;
  challenger: ModelTally;
};

/** What a model costs. `msPerRow`: CPU time of a row in batches, measured for both on one machine. */
export type ModelCost = { version: number; bytes: number; msPerRow: number };

/**
 * Shares of rows without an alert that have one once a value of theirs is moved past its range: the challenger's of the newest
 * rows, the champion's of those it was made for (`null` where there is no such model).
 */
export type Detection = { challenger: number; champion: number | null };

/** What people said of a span of a series. */
export type LabelledSpan = { entity: string; fromMs: number; toMs: number; label: "anomalous" | "normal" };

/**
 * All that the gate decides by, from rows in shadow or from rows that were held out when the challenger was trained: the
 * shape is the same.
 */
export type GateEvidence = {
  source: "shadow" | "held-out";
  series: readonly ComparedSeries[];
  champion?: ModelCost | undefined;
  challenger: ModelCost;
  labels: readonly LabelledSpan[];
  /** Absent where nobody tried. */
  detection?: Detection | undefined;
  /**
   * A change that is known to be one for good: a confirmed drift, or an incident that was open for as long as the policy says.
   * From then on what the champion reports beyond its calibration is no evidence against a challenger.
   */
  regime?: { sinceMs: number; reason: string } | undefined;
};

/** A row that a model scored, as `backtest/rescore.ts` gives it. `score`: `null` for rows that are not scored. */
export type ScoredRow = Omit<TalliedRow, "score"> & { row: number; score: number | null };

/**
 * The rows of a series that both models scored, by their running number. Without a champion: all that the challenger scored.
 * `undefined` when there is no such row.
 */
export const comparedSeries = (
  entity: string,
  champion: readonly ScoredRow[] | undefined,
  challenger: readonly ScoredRow[],
  closeAfterRows: number,
): ComparedSeries | undefined => {
  const ofChampion = champion && new Map(champion.map((row) => [row.row, row]));
  const compared: ComparedSeries = {
    ...{ entity, fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY },
    champion: champion && emptyTally(),
    challenger: emptyTally(),
  };
  for (const row of challenger) {
    const other = ofChampion?.get(row.row);
    if (!isScored(row) || (ofChampion && !isScored(other))) continue;
    compareRow(compared, isScored(other) ? other : undefined, row, closeAfterRows);
  }
  return compared.challenger.rows > 0 ? compared : undefined;
};

const isScored = (row: ScoredRow | undefined): row is ScoredRow & { score: number } =>
  row !== undefined && row.score !== null;

/** Adds a row that was scored. Changes `to`. */
export const compareRow = (
  to: Pick<ComparedSeries, "champion" | "challenger"> & { fromMs: number | null; toMs: number | null },
  champion: TalliedRow | undefined,
  challenger: TalliedRow,
  closeAfterRows: number,
): void => {
  to.fromMs = Math.min(to.fromMs ?? challenger.timestampMs, challenger.timestampMs);
  to.toMs = Math.max(to.toMs ?? challenger.timestampMs, challenger.timestampMs);
  if (to.champion && champion) addRow(to.champion, champion, closeAfterRows);
  addRow(to.challenger, challenger, closeAfterRows);
};

/** Size and speed of a registered version. Throws as `loadModel` and the runtime do. */
export const modelCost = async (
  ports: RegistryPorts & SpeedPorts,
  name: string,
  version: number,
): Promise<ModelCost> => {
  const { onnx } = await loadModel(ports, name, version);
  return { version, bytes: onnx.length, msPerRow: await measureSpeed(await ports.runtime.load(onnx), ports.cpuMs) };
};
