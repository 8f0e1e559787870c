import { ALWAYS } from "@tidewatch/core/store/labels";
import type { LabelDocument } from "@tidewatch/functions/api/schemas/labels";
import { table } from "../output/table.ts";

/** To the second, unless it has a part of one. */
const time = (ms: number): string => new Date(ms).toISOString().replace(".000Z", "Z");

export const spanText = (fromMs: number, toMs: number): string =>
  fromMs === ALWAYS.fromMs && toMs === ALWAYS.toMs ? "whenever it was" : `from ${time(fromMs)} to ${time(toMs)}`;

export const labelTable = (labels: readonly LabelDocument[]): string => {
  const rows = labels.map(({ entity, fromMs, toMs, label, createdAtMs, note }) => {
    const isAlways = fromMs === ALWAYS.fromMs && toMs === ALWAYS.toMs;
    const span = isAlways ? ["always", ""] : [time(fromMs), time(toMs)];
    return [entity, ...span, label, time(createdAtMs), note ?? ""];
  });
  return table(["entity", "from", "to", "label", "made", "note"], rows);
};
