import { z } from "zod";
import type { RescoreState } from "../backtest/rescore.ts";
import { AppError } from "../errors.ts";
import { shadowKey, shadowSummaryKey } from "../store/keys.ts";
import type { Item, ItemKey, Put } from "../store/ports.ts";
import type { ComparedSeries } from "./evidence.ts";
import { emptyTally, ModelTally } from "./tally.ts";

/** Results in shadow are kept for so long after the last one; a decision that was made by them holds the figures itself. */
const KEPT_MS = 90 * 24 * 3_600_000;

/** What is stored of one series: how far it has been scored in shadow, and what came of it. */
const ShadowDoc = z.strictObject({
  /** Running number of the newest row that was taken; rows up to `startRow` only warm up. */
  lastRow: z.int(),
  startRow: z.int(),
  /** Rows that the state has taken in; 0 before the first. */
  stateRows: z.int(),
  fromMs: z.int().nullable(),
  toMs: z.int().nullable(),
  champion: ModelTally,
  challenger: ModelTally,
  /** CPU time that the challenger's scoring took. */
  cpuMs: z.number(),
});
type ShadowDoc = z.output<typeof ShadowDoc>;

export type ShadowSeries = ShadowDoc & {
  entity: string;
  /** State of the challenger's scoring, to go on with. */
  state: RescoreState | undefined;
  /** Of the stored item; 0 for none yet. */
  itemVersion: number;
};

/** @param startRow rows with a lower number only warm up */
export const freshShadow = (entity: string, startRow: number): ShadowSeries => ({
  ...{ entity, lastRow: startRow - 1, startRow, stateRows: 0, fromMs: null, toMs: null },
  ...{ champion: emptyTally(), challenger: emptyTally(), cpuMs: 0, state: undefined, itemVersion: 0 },
});

/** @throws AppError CORRUPT */
export const readShadow = (item: Item): ShadowSeries => {
  const { success, data } = ShadowDoc.safeParse(JSON.parse(item.doc ?? "null"));
  if (!success) throw new AppError("CORRUPT", `what a challenger found of ${item.sk} cannot be read`);
  const { lastRow, stateRows } = data;
  const state = stateRows > 0 && item.bytes ? { lastRow, rows: stateRows, head: item.bytes } : undefined;
  return { ...data, entity: item.sk, state, itemVersion: item.version };
};

/** Only where nobody else has written since it was read. */
export const shadowPut = (
  detectorId: string,
  version: number,
  { entity, state, itemVersion, ...doc }: ShadowSeries,
  nowMs: number,
): Put => ({
  item: {
    ...shadowKey(detectorId, version, entity),
    version: itemVersion + 1,
    doc: JSON.stringify(doc satisfies ShadowDoc),
    ...(state && { bytes: state.head }),
    expiresAtMs: nowMs + KEPT_MS,
  },
  condition: itemVersion === 0 ? { kind: "absent" } : { kind: "version", version: itemVersion },
});

/** As the gate takes it; `undefined` while nothing was compared. */
export const comparedOf = ({ entity, fromMs, toMs, champion, challenger }: ShadowSeries): ComparedSeries | undefined =>
  fromMs === null || toMs === null ? undefined : { entity, fromMs, toMs, champion, challenger };

/** How far a challenger has come. */
export const ShadowSummary = z.strictObject({
  series: z.int(),
  rows: z.int(),
  /** Event time from the first to the last compared row, of the series where it is longest. */
  hours: z.number(),
  /** Series that had rows left when the run was over. */
  behind: z.int().default(0),
  cpuMs: z.number(),
  updatedAtMs: z.int(),
});
export type ShadowSummary = z.output<typeof ShadowSummary>;

export const summaryPut = (detectorId: string, version: number, summary: ShadowSummary): Put => ({
  item: {
    ...shadowSummaryKey(detectorId, version),
    version: 1,
    doc: JSON.stringify(summary),
    expiresAtMs: summary.updatedAtMs + KEPT_MS,
  },
  condition: { kind: "any" },
});

export const readSummary = (item: (Item & ItemKey) | undefined): ShadowSummary | undefined =>
  item && ShadowSummary.parse(JSON.parse(item.doc ?? "null"));
