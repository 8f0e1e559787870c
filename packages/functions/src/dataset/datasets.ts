import type { Datasets } from "@tidewatch/core/dataset/dataset";
import { freezeDataset } from "@tidewatch/core/dataset/freeze";
import { datasetReader } from "@tidewatch/core/dataset/read";
import type { Blobs, Clock, Table } from "@tidewatch/core/store/ports";
import type { DuckDbLimits } from "./duckdb.ts";
import { archiveEvents } from "./event-source.ts";

/** Training sets of what the archive holds; the work is done where this is called, in DuckDB's threads but for the rows. */
export const archiveDatasets = (
  { table, blobs, clock }: { table: Table; blobs: Blobs; clock: Clock },
  limits?: DuckDbLimits,
): Datasets => ({
  freeze: (query) => freezeDataset({ table, blobs, clock, events: archiveEvents(blobs, limits) }, query),
  read: datasetReader(blobs),
});
