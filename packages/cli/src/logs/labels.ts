import { AppError } from "@tidewatch/core/errors";
import { readCsv } from "../input/csv.ts";
import { openBytes } from "../input/open.ts";

const ANOMALOUS = new Set(["1", "true", "anomaly", "anomalous", "abnormal"]);
const NORMAL = new Set(["0", "false", "normal", "-"]);

/**
 * Labels of sessions from a CSV file: a column `label`, and the keys in the first other one. 1 is anomalous, 0 normal.
 */
export const readLabels = async (path: string): Promise<Map<string, boolean>> => {
  const wrong = (line: number, reason: string) => new AppError("VALIDATION", `${path}, line ${line}: ${reason}.`);
  const { header, rows } = await readCsv(path, await openBytes(path), ({ line, reason }) => {
    throw wrong(line, reason);
  });
  const labelAt = header.findIndex((column) => column.toLowerCase() === "label");
  const keyAt = header.findIndex((_, column) => column !== labelAt);
  if (labelAt < 0 || keyAt < 0) {
    throw new AppError("VALIDATION", `${path} needs a column of session keys and a column label.`);
  }
  const labels = new Map<string, boolean>();
  for await (const { line, cells } of rows) {
    const label = cells[labelAt]!.trim().toLowerCase();
    if (!ANOMALOUS.has(label) && !NORMAL.has(label)) throw wrong(line, `"${cells[labelAt]}" is neither 0 nor 1`);
    labels.set(cells[keyAt]!, ANOMALOUS.has(label));
  }
  return labels;
};
