import { incidentsAllowed, isOutOfBand, SHARE_MAX, shareAllowed } from "./bands.ts";
import type { GateRule } from "./decision.ts";
import type { Detection, GateEvidence, ModelCost } from "./evidence.ts";
import { falseIncidents, falseShare, type JudgedIncident, type ModelView, type Views } from "./incident-diff.ts";
import { DISTANCE_MAX, isSilent, scoreDistance } from "./score-distance.ts";
import { count, micros, percent } from "./words.ts";

/** Fewer rows say nothing of the tails that the gate judges by. */
const ROWS_MIN = 100;
/** One labelled span in twenty may be judged worse. */
const LABELS_TOLERANCE = 0.05;
/** A little more to see is no regression. */
const VOLUME_FACTOR = 1.5;
/** An incident whose peak is a hundred times rarer than the threshold is hardly one by chance. */
const STRONG_EXCESS = 2;
/** Two models of the same rows differ by as much. */
const DISTANCE_TOLERANCE = 1.25;
/** A tenth of what any model may take (`register/limits.ts`): below, nobody notices. */
const ROW_MS_ALLOWED = 0.1;
const SPEED_FACTOR = 2;
/** A quarter of the largest model: some 100 MB of a function's memory. */
const BYTES_ALLOWED = 25_000_000;
const SIZE_FACTOR = 2;
/**
 * The share varies with rows and seed by a factor of several (.05 to .5 on the recorded machine, isolation forest); a model that
 * is blind, learnt from two regimes at once, finds 0 there.
 */
const FOUND_FACTOR = 0.1;

export const rowsRule = ({ challenger }: Views): GateRule => ({
  ...{ rule: "rows", champion: null, challenger: challenger.rows, limit: ROWS_MIN },
  passed: challenger.rows >= ROWS_MIN,
  text: `${count(challenger.rows, "row")} were compared, and ${ROWS_MIN} are the least that say something`,
});

export const recallRule = ({ champion, challenger, labelledAnomalies }: Views): GateRule => {
  const recallOf = (view: ModelView | undefined) =>
    view && labelledAnomalies > 0 ? view.hits / labelledAnomalies : null;
  const [before, after] = [recallOf(champion), recallOf(challenger)];
  const rule = { rule: "recall" as const, champion: before, challenger: after };
  if (after === null) return { ...rule, limit: null, passed: true, text: "nothing is labelled anomalous" };
  const found = `it finds ${challenger.hits} of ${count(labelledAnomalies, "labelled anomaly", "labelled anomalies")}`;
  if (before === null) return { ...rule, limit: null, passed: true, text: found };
  const limit = before - LABELS_TOLERANCE;
  return { ...rule, limit, passed: after >= limit, text: `${found}, the champion ${champion!.hits}` };
};

export const precisionRule = ({ champion, challenger }: Views): GateRule => {
  const [before, after] = [precisionOf(champion), precisionOf(challenger)];
  const rule = { rule: "precision" as const, champion: before, challenger: after };
  if (after === null || before === null) {
    return { ...rule, limit: null, passed: true, text: "no incidents of both models are labelled" };
  }
  const limit = before - LABELS_TOLERANCE;
  const text = `${percent(after)} of its labelled incidents are right, of the champion's ${percent(before)}`;
  return { ...rule, limit, passed: after >= limit, text };
};

const precisionOf = (view: ModelView | undefined): number | null => {
  const labelled = view?.incidents.filter(({ label }) => label !== undefined) ?? [];
  if (labelled.length === 0) return null;
  return labelled.filter(({ label }) => label === "anomalous").length / labelled.length;
};

/** The main one: what nobody called right, against what the threshold's probability allows; or clearly less than a champion's. */
export const falseAlarmsRule = ({ champion, challenger }: Views): GateRule => {
  const [before, after] = [champion ? falseIncidents(champion) : null, falseIncidents(challenger)];
  const allowed = incidentsAllowed(challenger);
  const limit = Math.max(allowed, before ?? 0);
  const halves = champion && isOutOfBand(champion) && 2 * falseShare(challenger) <= falseShare(champion);
  const beside = champion ? `, the champion ${before} on ${percent(falseShare(champion))} of the rows` : "";
  return {
    ...{ rule: "false-alarms", champion: before, challenger: after, limit },
    passed: after <= limit || halves === true,
    text:
      `it reports ${count(after, "incident")} that nobody called right on ${percent(falseShare(challenger))} of the rows, where ` +
      `its threshold allows ${allowed}${beside}`,
  };
};

export const alertVolumeRule = ({ champion, challenger }: Views): GateRule => {
  const [before, after] = [champion ? falseShare(champion) : null, falseShare(challenger)];
  const limit = Math.min(SHARE_MAX, Math.max(shareAllowed(challenger), VOLUME_FACTOR * (before ?? 0)));
  const than =
    limit === SHARE_MAX ? "half of the rows, which cannot all be anomalies" : `the limit of ${percent(limit)}`;
  return {
    ...{ rule: "alert-volume", champion: before, challenger: after, limit },
    passed: after <= limit,
    text: `it alerts on ${percent(after)} of the rows, ${after <= limit ? "within" : "beyond"} ${than}`,
  };
};

/**
 * Incidents of the champion that a challenger would not report. Labelled ones are judged by their labels; and since a change
 * for good, those of a champion beyond its calibration are what the challenger is there to end.
 */
export const vanishedRule = ({ champion, challenger }: Views, { regime }: GateEvidence): GateRule => {
  const rule = { rule: "vanished-incidents" as const };
  if (!champion)
    return { ...rule, champion: null, challenger: null, limit: null, passed: true, text: "no champion yet" };
  const excused = regime && isOutOfBand(champion) ? regime : undefined;
  const judged = champion.incidents.filter(({ label, toMs }) => !label && !(excused && toMs >= excused.sinceMs));
  const vanished = judged.filter(({ isCommon }) => !isCommon);
  const strong = vanished.filter(({ excess }) => excess >= STRONG_EXCESS);
  const [allowed, strongAllowed] = [incidentsAllowed(champion), incidentsAllowed(champion, 10 ** STRONG_EXCESS)];
  const isStrong = strong.length > strongAllowed;
  const [before, after] = [openShare(champion, judged), falseShare(challenger)];
  const isEnded = before > shareAllowed(champion) && 2 * after <= before;
  const since = excused ? `; not counted what came since ${excused.reason}` : "";
  return {
    ...{ ...rule, champion: judged.length, challenger: isStrong ? strong.length : vanished.length },
    limit: isStrong ? strongAllowed : allowed,
    passed: !isStrong && !isEnded && vanished.length <= allowed,
    text: isEnded
      ? `the champion alerts on ${percent(before)} of the rows, it on ${percent(after)}, and nothing says whether that was a fault`
      : `it misses ${vanished.length} of ${count(judged.length, "incident")} of the champion${strongText(strong)}${since}`,
  };
};

/** Share of the rows in these incidents. A long one is not found by reporting a moment of it. */
const openShare = ({ rows }: ModelView, incidents: readonly JudgedIncident[]): number =>
  incidents.reduce((sum, one) => sum + one.rows, 0) / Math.max(1, rows);

const strongText = (strong: readonly JudgedIncident[]): string =>
  strong.length > 0 ? `, of which ${strong.length} were far beyond the threshold` : "";

const foundLimit = ({ champion }: Detection): number => FOUND_FACTOR * (champion ?? 0);

/** Whether it still sees what is far off: a model that has learnt a change together with what was before may be blind for both. */
export const detectionRule = ({ detection }: GateEvidence): GateRule => {
  const rule = { rule: "detection" as const, champion: detection?.champion ?? null };
  if (!detection) return { ...rule, challenger: null, limit: null, passed: true, text: "no values were moved" };
  const limit = foundLimit(detection);
  const beside = detection.champion === null ? "" : `, where the champion found ${percent(detection.champion)}`;
  return {
    ...{ ...rule, challenger: detection.challenger, limit: detection.champion === null ? null : limit },
    passed: detection.challenger >= limit,
    text: `it finds ${percent(detection.challenger)} of values moved past their range${beside} of those it was made for`,
  };
};

/**
 * How far the scores are from what their calibration says, and whether they move at all. Rows that are all more ordinary than
 * what was learnt, a quiet regime beside a lively one, silence a sound model too: so a silent one is asked whether it has alerted
 * on values that were moved.
 */
export const scoreDistributionRule = ({ champion, challenger }: Views, { detection }: GateEvidence): GateRule => {
  const [before, after] = [champion ? scoreDistance(champion) : null, scoreDistance(challenger)];
  const isQuiet = champion !== undefined && isSilent(challenger) && !isSilent(champion);
  const isDead = isQuiet && (!detection || detection.challenger === 0 || detection.challenger < foundLimit(detection));
  const asBefore = DISTANCE_TOLERANCE * (before ?? Number.POSITIVE_INFINITY);
  const limit = isQuiet ? Number.POSITIVE_INFINITY : Math.max(DISTANCE_MAX, asBefore);
  const distance = `its scores are ${after.toFixed(2)} from their calibration (population stability index`;
  return {
    ...{ rule: "score-distribution", champion: before, challenger: after },
    limit: Number.isFinite(limit) ? limit : null,
    passed: !isDead && after <= limit,
    text: isDead
      ? `none of ${count(challenger.rows, "row")} scores 1, which one in ten should: it cannot alert`
      : `${distance}${Number.isFinite(limit) ? `, limit ${limit.toFixed(2)})` : ")"}`,
  };
};

/** CPU milliseconds that a row may take, by what it took before. */
export const latencyAllowed = (before: number | null): number => Math.max(ROW_MS_ALLOWED, SPEED_FACTOR * (before ?? 0));

export const latencyRule = ({ champion, challenger }: GateEvidence): GateRule => {
  const limit = latencyAllowed(champion?.msPerRow ?? null);
  return costRule(
    "latency",
    champion,
    challenger,
    ({ msPerRow }) => msPerRow,
    limit,
    (ms) => `${micros(ms)} per row`,
  );
};

export const sizeRule = ({ champion, challenger }: GateEvidence): GateRule => {
  const limit = Math.max(BYTES_ALLOWED, SIZE_FACTOR * (champion?.bytes ?? 0));
  return costRule(
    "size",
    champion,
    challenger,
    ({ bytes }) => bytes,
    limit,
    (bytes) => `${(bytes / 1e6).toFixed(1)} MB`,
  );
};

const costRule = (
  rule: "latency" | "size",
  champion: ModelCost | undefined,
  challenger: ModelCost,
  of: (cost: ModelCost) => number,
  limit: number,
  text: (value: number) => string,
): GateRule => ({
  ...{ rule, champion: champion ? of(champion) : null, challenger: of(challenger), limit },
  passed: of(challenger) <= limit,
  text: `it takes ${text(of(challenger))}, and may take ${text(limit)}`,
});
