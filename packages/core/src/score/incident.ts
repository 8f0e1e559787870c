import { shortHash } from "../feature/hash.ts";

/** A run of anomalies of one series. `normalRows`: scored rows without an anomaly since the last one. */
export type OpenIncident = { id: string; startMs: number; normalRows: number };

/** The same trouble has the same id everywhere, replays included. */
export const incidentId = (detectorId: string, entity: string, startMs: number): string =>
  shortHash(JSON.stringify([detectorId, entity, startMs]));

/** What a scored row means for an incident. `continues`: nothing new, but what was reported goes on. */
export type IncidentStep = "anomaly" | "continues" | "normal";

/** The incident after a scored row: opens with an anomaly, closes after `closeAfterRows` normal rows in a row. */
export const stepIncident = (
  open: OpenIncident | undefined,
  step: IncidentStep,
  closeAfterRows: number,
  start: () => OpenIncident,
): OpenIncident | undefined => {
  if (step === "anomaly") return open ? { ...open, normalRows: 0 } : start();
  if (!open) return undefined;
  if (step === "continues") return { ...open, normalRows: 0 };
  const normalRows = open.normalRows + 1;
  return normalRows >= closeAfterRows ? undefined : { ...open, normalRows };
};
