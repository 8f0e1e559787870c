import type { LabelDocument } from "@tidewatch/functions/api/schemas/labels";
import { table } from "../output/table.ts";

/** To the second, unless it has a part of one. */
const time = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

export const spanText = (fromMs: number, toMs: number): string => `from ${time(fromMs)} to ${time(toMs)}`;

export const labelTable = (labels: readonly LabelDocument[]): string => {
  const rows = labels.map(({ entity, fromMs, toMs, label, createdAtMs, note }) => [
    ...[entity, time(fromMs), time(toMs), label, time(createdAtMs), note ?? ""],
  ]);
  return table(["entity", "from", "to", "label", "made", "note"], rows);
};
