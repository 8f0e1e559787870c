import { z } from "zod";
import { AppError } from "../errors.ts";
import { driftStateKey } from "../store/keys.ts";
import type { Item, Table } from "../store/ports.ts";
import type { HourBlock } from "./hour.ts";
import { packHours, unpackHours } from "./pool.ts";
import { ScoreReference } from "./reference-document.ts";

const StateDoc = z.strictObject({
  format: z.literal(1),
  /** Where the reference's file is, and what it is of. */
  referenceKey: z.string(),
  referenceFromMs: z.int(),
  referenceToMs: z.int(),
  modelVersion: z.int().min(0),
  isProvisional: z.boolean(),
  /** The next reference of a family that learns by itself has no earlier rows. */
  notBeforeMs: z.int().min(0),
  /** Limits of the scores, once the model has scored for long enough; the reference's own go first. */
  score: ScoreReference.optional(),
  /** Start of the hours that are kept, and end of those that were judged. */
  hoursFromMs: z.int(),
  untilMs: z.int(),
  columns: z.int().positive(),
  /** Since when each statistic is over its limit, by `trackKey`. */
  since: z.record(z.string(), z.int()),
  /** The run of drift that an alarm was raised for, and the checks in a row without drift in it. */
  openSinceMs: z.int().nullable(),
  /** The check that found it. */
  openedAtMs: z.int().nullable(),
  /** The run that the world was told of last. */
  announcedSinceMs: z.int().nullable(),
  clearChecks: z.int().min(0),
});
export type DriftStateDoc = z.output<typeof StateDoc>;
/** What the checks of a detector remember, and the hours that they have seen: a column per feature, then the scores. */
export type DriftState = { doc: DriftStateDoc; hours: HourBlock[][] };

export const trackKey = (statistic: string, feature: string | undefined): string =>
  feature === undefined ? statistic : `${statistic} ${feature}`;

/** With the version of its item, 0 while there is none. */
export const loadState = async (
  table: Table,
  detectorId: string,
): Promise<{ state: DriftState | undefined; version: number }> => {
  const [item] = await table.getMany([driftStateKey(detectorId)]);
  return { state: item && stateOf(item), version: item?.version ?? 0 };
};

/** @throws AppError CORRUPT */
export const stateOf = (item: Item): DriftState => {
  try {
    const doc = StateDoc.parse(JSON.parse(item.doc ?? "null"));
    return { doc, hours: unpackHours(item.bytes ?? new Uint8Array(0), doc.columns) };
  } catch (error) {
    throw new AppError("CORRUPT", `what the drift checks of ${item.sk} remember cannot be read`, { cause: error });
  }
};

/** False when another check was faster. */
export const saveState = async (
  table: Table,
  detectorId: string,
  { doc, hours }: DriftState,
  expected: number,
): Promise<boolean> => {
  const item = {
    ...driftStateKey(detectorId),
    version: expected + 1,
    doc: JSON.stringify(doc),
    bytes: packHours(hours),
  };
  const condition = expected === 0 ? ({ kind: "absent" } as const) : ({ kind: "version", version: expected } as const);
  const [outcome] = await table.putMany([{ item, condition }]);
  return outcome === "written";
};
