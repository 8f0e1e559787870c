import type { Detector } from "../detector.ts";
import { rowsHash } from "../feature/hash.ts";
import type { RegistryPorts } from "../register/models.ts";
import type { Table } from "../store/ports.ts";
import { type Advanced, advance, columnOf } from "./advance.ts";
import { scoreReference, slotOf } from "./build-reference.ts";
import type { DriftCheck } from "./check.ts";
import { checkAt, checkPut } from "./checks.ts";
import { type Chosen, chooseReference } from "./choose-reference.ts";
import { closedUntil } from "./closed-hours.ts";
import { describeCheck } from "./describe.ts";
import { HOUR_MS, HOURS_A_DAY, type HourBlock, NOTHING } from "./hour.ts";
import { movedMost } from "./moved.ts";
import { entitiesFinding, schemaFindings } from "./other-findings.ts";
import { packHours, pooler, unpackHours } from "./pool.ts";
import type { ReferenceDoc } from "./reference-document.ts";
import { drawnSeries, extentOf, pointsOf, seriesBlocks, seriesNames } from "./series.ts";
import { type DriftState, loadState, saveState, trackKey } from "./state.ts";

/** After so long without a check the hours in between are left out. */
const MOST_HOURS = 168;
/** A reference of scores that is made from the checks' own hours has at most so many days. */
const MOST_SCORE_DAYS = 14;

/**
 * Compares what came in with what the detector's model learnt, up to the last full hour. Reads the rows since the check before;
 * a check of the same hour is answered with what was found then. Two at once, and a crash at any step, leave what one would
 * have left: what a check finds follows from the table's rows and the state, which is written last. `announceDrifts` tells the
 * world.
 *
 * @returns `undefined` while there is nothing to compare: no rows, no model, or less than a day of reference
 * @throws AppError CORRUPT when a head, a reference or the state cannot be read
 */
export const driftCheck = async (
  ports: RegistryPorts,
  detector: Detector,
  nowMs: number,
): Promise<DriftCheck | undefined> => {
  const { table } = ports;
  const names = await seriesNames(table, detector.id);
  const { state, version } = await loadState(table, detector.id);
  const extent = await extentOf(table, detector.id, drawnSeries(names));
  if (!extent) return undefined;
  const untilMs = closedUntil(detector, extent.newestMs, nowMs);
  const chosen = await chooseReference(ports, detector, state, { names, oldestMs: extent.oldestMs, untilMs });
  if (!chosen) return undefined;
  if (chosen.state.doc.referenceKey === state?.doc.referenceKey && untilMs <= state.doc.untilMs) {
    return await checkAt(table, detector.id, state.doc.untilMs);
  }
  const { check, advanced } = await judgeHours(table, detector, chosen, names, untilMs);
  await table.putMany([checkPut(check, nowMs)]);
  const saved = await saveState(table, detector.id, withScores(detector, chosen.reference, advanced.state), version);
  return saved ? check : await newestCheck(table, detector.id);
};

/** Somebody else checked meanwhile: the state that counts is theirs. */
const newestCheck = async (table: Table, detectorId: string): Promise<DriftCheck | undefined> => {
  const { state } = await loadState(table, detectorId);
  return state && (await checkAt(table, detectorId, state.doc.untilMs));
};

const judgeHours = async (
  table: Table,
  detector: Detector,
  { reference, state }: Chosen,
  names: readonly string[],
  untilMs: number,
): Promise<{ check: DriftCheck; advanced: Advanced }> => {
  const from = skipTo(state, untilMs - MOST_HOURS * HOUR_MS);
  const span = { fromMs: from.doc.untilMs, hours: Math.max(0, Math.round((untilMs - from.doc.untilMs) / HOUR_MS)) };
  const isComparable = reference.rowsHash === rowsHash(detector);
  const added = isComparable
    ? await readHours(table, detector, reference, span)
    : Array.from({ length: from.doc.columns }, () => new Array<HourBlock>(span.hours).fill(NOTHING));
  const seen = added.map((blocks, column) => [...from.hours[column]!, ...blocks]);
  const others = [entitiesFinding(reference, names), ...schemaFindings(reference, detector, seen)];
  const drifted = others.filter((finding) => finding.drifted);
  const keys = drifted.map(({ statistic, feature }) => trackKey(statistic, feature));
  const known = isComparable ? reference : { ...reference, tracks: [] };
  const advanced = advance(known, from, added, keys);
  const over = advanced.tracks.flatMap((track, at) =>
    advanced.judged[at]!.isOver.at(-1) ? [{ ...track, column: columnOf(reference, track) }] : [],
  );
  const moved = over.length === 0 ? new Map() : await movedMost(table, detector, reference, over, untilMs);
  return { check: describeCheck(known, advanced, others, moved), advanced };
};

/** Forgets what lies before a gap that is too long to be read. */
const skipTo = (state: DriftState, fromMs: number): DriftState =>
  state.doc.untilMs >= fromMs
    ? state
    : {
        doc: { ...state.doc, hoursFromMs: fromMs, untilMs: fromMs },
        hours: state.hours.map(() => []),
      };

/** Pooled over the series of the reference; as they will be read back, so that a later check judges the same numbers. */
const readHours = async (
  table: Table,
  detector: Detector,
  { series, features, modelVersion }: ReferenceDoc,
  span: { fromMs: number; hours: number },
): Promise<HourBlock[][]> => {
  const pool = pooler(features.length + 1, span.hours);
  for (const { entity, scaling } of series) {
    const points = await pointsOf(table, detector, entity, span);
    pool.add(seriesBlocks(points, scaling, modelVersion, span));
  }
  return unpackHours(packHours(pool.pooled()), features.length + 1);
};

/** Once a model has scored for long enough, its own scores are their reference. */
const withScores = ({ drift }: Detector, reference: ReferenceDoc, state: DriftState): DriftState => {
  const hours = state.hours.at(-1)!;
  const days = Math.min(drift.minReferenceDays, MOST_SCORE_DAYS);
  const isKnown = state.doc.score ?? reference.tracks.some(({ statistic }) => statistic === "score");
  if (isKnown || hours.length < days * HOURS_A_DAY) return state;
  const used = hours.slice(-days * HOURS_A_DAY);
  const score = scoreReference(used, slotOf(state.doc.untilMs - used.length * HOUR_MS));
  return score ? { ...state, doc: { ...state.doc, score } } : state;
};
