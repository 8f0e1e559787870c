import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { eventOfRows } from "@tidewatch/core/evaluate/events";
import type { Outcome } from "./contender.ts";
import type { LabelledSeries } from "./read-series.ts";

/**
 * FOLDER/<contender>/<series>.csv: what a contender said of each judged row, for whoever wants to measure it
 * otherwise.
 */
export const writeScores = async (
  folder: string,
  contender: string,
  { name, judged, events }: LabelledSeries,
  { scores, isAnomaly }: Outcome,
): Promise<void> => {
  const path = join(folder, contender, `${name}.csv`);
  await mkdir(dirname(path), { recursive: true });
  const eventOf = eventOfRows(judged.length, events);
  const lines = judged.map(
    ({ timestampText }, row) => `${timestampText},${scores[row]},${isAnomaly[row]},${eventOf[row]! >= 0 ? 1 : 0}\n`,
  );
  await writeFile(path, `timestamp,anomaly_score,is_anomaly,label\n${lines.join("")}`);
};
