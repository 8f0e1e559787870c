import { shortHash } from "../feature/hash.ts";

/** A run of anomalies of one series. `normalRows`: scored rows without an anomaly since the last one. */
export type OpenIncident = { id: string; startMs: number; normalRows: number };

/** The same trouble has the same id everywhere, replays included. */
export const incidentId = (detectorId: string, entity: string, startMs: number): string =>
  shortHash(JSON.stringify([detectorId, entity, startMs]));

/** The incident after a scored row: opens with an anomaly, closes after `closeAfterRows` rows in a row without one. */
export const stepIncident = (
  open: OpenIncident | undefined,
  isAnomaly: boolean,
  closeAfterRows: number,
  start: () => OpenIncident,
): OpenIncident | undefined => {
  if (isAnomaly) return open ? { ...open, normalRows: 0 } : start();
  if (!open) return undefined;
  const normalRows = open.normalRows + 1;
  return normalRows >= closeAfterRows ? undefined : { ...open, normalRows };
};
