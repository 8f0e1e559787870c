import type { BinnedRows } from "@tidewatch/core/model/random-forest/bins";
import type { GrowParams } from "@tidewatch/core/model/random-forest/grow";

/** What a thread that grows trees is started with; the rows are memory that all threads share. */
export type ForestOrder = { rows: BinnedRows; params: GrowParams };
/** What it is asked for then; it answers with the `GrownTrees`. */
export type TreeRange = { from: number; to: number };
