import { slotOf } from "./build-reference.ts";
import { HOUR_MS, type HourBlock } from "./hour.ts";
import { type Judged, judgeTracks } from "./judge.ts";
import type { ReferenceDoc, ReferenceTrack } from "./reference-document.ts";
import { type DriftState, trackKey } from "./state.ts";
import { RULES, type StatisticRule } from "./statistics.ts";

/** Hours that are kept of each feature: two weeks. */
const HOURS_KEPT = 336;
/** Checks in a row without drift that end a run of it: an alarm is raised once per run. */
const CLEAR_CHECKS = 24;

export const ruleOf = ({ statistic }: Pick<ReferenceTrack, "statistic">): StatisticRule =>
  RULES[statistic === "score" ? "level" : statistic];

/** What a check judges: the statistics of the reference, and of the scores when only later hours have any. */
const tracksOf = (reference: ReferenceDoc, state: DriftState): ReferenceTrack[] => {
  const { score } = state.doc;
  const hasScore = reference.tracks.some(({ statistic }) => statistic === "score");
  return score && !hasScore ? [...reference.tracks, { statistic: "score", reference: score }] : [...reference.tracks];
};

/** Which column of the hours a track reads. */
export const columnOf = ({ features }: ReferenceDoc, { statistic, feature }: ReferenceTrack): number => {
  if (statistic === "score") return features.length;
  return feature === undefined ? 0 : features.indexOf(feature);
};

export type Advanced = {
  state: DriftState;
  tracks: ReferenceTrack[];
  /** One per track, over all hours that are kept. */
  judged: Judged[];
};

/**
 * Takes in hours that follow those judged so far, and judges them one after the other, each by what was known then: so a check
 * that comes late finds what hourly ones would have found.
 * @param others keys of what else has drifted, entities or schema: known of the last hour only
 */
export const advance = (
  reference: ReferenceDoc,
  before: DriftState,
  added: readonly (readonly HourBlock[])[],
  others: readonly string[],
): Advanced => {
  const fresh = added[0]!.length;
  const hours = added.map((blocks, column) => [...before.hours[column]!, ...blocks].slice(-HOURS_KEPT));
  const untilMs = before.doc.untilMs + fresh * HOUR_MS;
  const count = hours[0]!.length;
  const hoursFromMs = untilMs - count * HOUR_MS;
  const tracks = tracksOf(reference, before);
  const judged = judgeTracks(
    tracks.map((track) => ({
      ...{ rule: ruleOf(track), reference: track.reference, firstSlot: slotOf(hoursFromMs) },
      hours: hours[columnOf(reference, track)]!.map(ruleOf(track).of),
      followsReference: hoursFromMs === reference.toMs && track.reference !== before.doc.score,
    })),
  );
  let { since, openSinceMs, openedAtMs, clearChecks } = before.doc;
  for (let hour = count - fresh; hour < count; hour++) {
    const atMs = hoursFromMs + (hour + 1) * HOUR_MS;
    since = sinceAt(tracks, judged, since, hour, atMs);
    const drifted = tracks.filter((track, at) => judged[at]!.runs[hour]! >= ruleOf(track).persistence);
    const isDrift = drifted.length > 0 || (others.length > 0 && hour === count - 1);
    if (before.doc.isProvisional) continue;
    clearChecks = isDrift ? 0 : clearChecks + 1;
    if (isDrift && openSinceMs === null) {
      openSinceMs = Math.min(atMs, ...drifted.map(({ statistic, feature }) => since[trackKey(statistic, feature)]!));
      openedAtMs = atMs;
    }
    if (clearChecks >= CLEAR_CHECKS) openSinceMs = null;
  }
  if (openSinceMs === null) openedAtMs = null;
  since = { ...since, ...Object.fromEntries(others.map((key) => [key, before.doc.since[key] ?? untilMs])) };
  const open = { since, openSinceMs, openedAtMs, clearChecks };
  return {
    state: { doc: { ...before.doc, ...open, columns: hours.length, hoursFromMs, untilMs }, hours },
    tracks,
    judged,
  };
};

/** Since when each track is over its limit, after the check of an hour. */
const sinceAt = (
  tracks: readonly ReferenceTrack[],
  judged: readonly Judged[],
  before: Readonly<Record<string, number>>,
  hour: number,
  atMs: number,
): Record<string, number> =>
  Object.fromEntries(
    tracks.flatMap(({ statistic, feature }, at) => {
      const key = trackKey(statistic, feature);
      return judged[at]!.isOver[hour] ? [[key, before[key] ?? atMs]] : [];
    }),
  );
