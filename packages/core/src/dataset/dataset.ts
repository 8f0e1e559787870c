import { z } from "zod";
import { Detector } from "../detector.ts";
import type { TrainingSeries } from "../model/dataset.ts";

/** A training set in words: which rows of the archive, and which of them not. */
export const DatasetQuery = z.strictObject({
  /** The detector as it was: it decides which events make rows, and how. */
  detector: Detector,
  /** Event time; from inclusive, to exclusive. */
  fromMs: z.int().min(0),
  toMs: z.int().min(0),
  /** Left out: spans of the policy, open incidents and those kept by a label, rows that are labelled anomalous. */
  exclude: z.array(
    z.strictObject({
      fromMs: z.int(),
      toMs: z.int(),
      /** A glob; of an incident the entity itself. */
      entity: z.string(),
      reason: z.string(),
    }),
  ),
  /** The newest so many rows, as many of each series. */
  maxRows: z.int().min(1),
});
export type DatasetQuery = z.output<typeof DatasetQuery>;

/** A frozen training set: an object that never changes. */
export const DatasetInfo = z.strictObject({
  /** sha256 (hex) of the query and of the rows, in their canonical form. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  detector: z.string(),
  fromMs: z.int(),
  toMs: z.int(),
  series: z.int(),
  rows: z.int(),
  /** Rows that an exclusion left out, by its reason. */
  excluded: z.record(z.string(), z.int()),
  labels: z.strictObject({ anomalous: z.int(), normal: z.int() }),
  bytes: z.int(),
  createdAtMs: z.int(),
});
export type DatasetInfo = z.output<typeof DatasetInfo>;

export type DatasetSeries = TrainingSeries & { entity: string };

/** Training sets: `freeze` reads the archive once, `read` gives what was frozen. */
export type Datasets = {
  /**
   * The same query over the same events gives the same hash and the same bytes; frozen again, it is found again.
   * @throws AppError CONFLICT when there is no row
   */
  freeze(query: DatasetQuery): Promise<DatasetInfo>;
  /** @throws AppError NOT_FOUND, CORRUPT when the bytes are not those of the hash */
  read(hash: string): Promise<{ info: DatasetInfo; query: DatasetQuery; series: DatasetSeries[] }>;
};
