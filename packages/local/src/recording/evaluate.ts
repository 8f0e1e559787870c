/** How well incidents match labelled fault episodes. Counts episodes, never rows: a long fault is still one fault. */

export type Episode = { kind: string; startMs: number; endMs: number };
export type IncidentSpan = { startMs: number; endMs: number };
export type Evaluation = {
  episodes: number;
  detected: number;
  incidents: number;
  falseIncidents: number;
  precision: number;
  recall: number;
  f1: number;
  falseAlarmsPerHour: number;
  /** Median of first anomaly minus start of the episode, over the detected ones. */
  medianDelaySeconds: number | null;
  missed: Episode[];
};

/** A fault's after-effects (the one-minute load, a deleted file, freed memory) are part of it for this long. */
export const RECOVERY_MS = 60_000;

/**
 * An episode is detected when an incident *opens* while it lasts or recovers: one that was open already tells nobody
 * anything new. Precision = detected episodes / (detected episodes + incidents that open during none); recall = detected /
 * all episodes. Without incidents precision is 0, as nothing was shown to be right.
 * @param span the evaluated time: episodes and incidents that start outside are left out
 */
export const evaluate = (
  incidents: readonly IncidentSpan[],
  all: readonly Episode[],
  span: IncidentSpan,
): Evaluation => {
  const inSpan = (at: { startMs: number }) => at.startMs >= span.startMs && at.startMs <= span.endMs;
  const episodes = all.filter(inSpan);
  const counted = incidents.filter(inSpan);
  const tells = (incident: IncidentSpan, episode: Episode) =>
    incident.startMs >= episode.startMs && incident.startMs <= episode.endMs + RECOVERY_MS;
  const falseIncidents = counted.filter((incident) => !all.some((episode) => tells(incident, episode))).length;
  const firstToTell = episodes.map((episode) => counted.find((incident) => tells(incident, episode)));
  const detected = firstToTell.filter((incident) => incident !== undefined).length;
  const delays = episodes.flatMap((episode, i) => {
    const incident = firstToTell[i];
    return incident ? [(incident.startMs - episode.startMs) / 1000] : [];
  });
  const precision = share(detected, detected + falseIncidents);
  const recall = share(detected, episodes.length);
  return {
    episodes: episodes.length,
    detected,
    incidents: counted.length,
    falseIncidents,
    precision,
    recall,
    f1: share(2 * precision * recall, precision + recall),
    falseAlarmsPerHour: share(falseIncidents, (span.endMs - span.startMs) / 3_600_000),
    medianDelaySeconds: median(delays),
    missed: episodes.filter((_, i) => firstToTell[i] === undefined),
  };
};

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

const median = (values: readonly number[]): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
};
