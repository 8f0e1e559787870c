import type { LogDetector } from "@tidewatch/core/log/detector";
import { getLogDetector, listDetectors, partEntries } from "@tidewatch/core/store/detectors";
import type { Table } from "@tidewatch/core/store/ports";
import { httpError } from "../http/problem.ts";
import { noDetector } from "../routes/detectors-read.ts";

/** The detector of logs with this id; without an id the only one that there is. */
export const logDetectorOf = async (table: Table, id: string | undefined): Promise<LogDetector> => {
  if (id !== undefined) {
    const stored = await getLogDetector(table, id);
    if (!stored) throw noDetector(id);
    return stored.detector;
  }
  const [only, ...others] = partEntries(await listDetectors(table)).log;
  if (!only) throw httpError("NOT_FOUND", "There is no detector of logs.");
  if (others.length === 0) return only;
  throw httpError("VALIDATION", "There are several detectors of logs.", {
    errors: [
      { path: "query.detector", message: `must name one of ${[only, ...others].map((one) => one.id).join(", ")}` },
    ],
  });
};

/** Ids of the detectors that are asked for: this one, or all of logs. */
export const logDetectorIds = async (table: Table, id: string | undefined): Promise<string[]> => {
  if (id === undefined) return partEntries(await listDetectors(table)).log.map((one) => one.id);
  return [(await logDetectorOf(table, id)).id];
};
