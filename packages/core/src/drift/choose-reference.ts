import type { Detector } from "../detector.ts";
import { rowsHash } from "../feature/hash.ts";
import { modelFileKey, type RegistryPorts } from "../register/models.ts";
import { buildReference, DAY_MS } from "./build-reference.ts";
import { HOUR_MS } from "./hour.ts";
import { keepReference, loadReference, type ReferenceDoc } from "./reference-document.ts";
import { type Anchor, anchorOf, referenceSpan } from "./span.ts";
import type { DriftState, DriftStateDoc } from "./state.ts";

/** With a new reference only the last hours are read again: units have changed, and earlier ones would be dear. */
const READ_AGAIN_MS = 48 * HOUR_MS;

export type Chosen = { reference: ReferenceDoc; state: DriftState };
type Facts = { names: readonly string[]; oldestMs: number; untilMs: number };

/**
 * The reference that a check goes by, and the state to go on from: the one before, or a fresh one where there is a new reference.
 * There is a new one when another version is champion; a day later when it was too short; and, of a family that learns by
 * itself, when a drift has lasted for as long as a reference must be: what came since is then the usual.
 *
 * @returns `undefined` while there is no champion, or not a day of rows
 */
export const chooseReference = async (
  ports: RegistryPorts,
  detector: Detector,
  state: DriftState | undefined,
  facts: Facts,
): Promise<Chosen | undefined> => {
  const anchor = await anchorOf(ports, detector);
  if (!anchor) return undefined;
  const same = state?.doc.modelVersion === anchor.modelVersion ? state : undefined;
  const notBeforeMs = notBefore(detector, state?.doc, anchor, facts.untilMs);
  if (!same || isDue(detector, same.doc, notBeforeMs, facts.untilMs)) {
    const fresh = await freshReference(ports, detector, anchor, notBeforeMs, facts);
    if (fresh && fresh.key !== same?.doc.referenceKey) {
      return {
        reference: fresh.reference,
        state: freshState(fresh, same, anchor, notBeforeMs, facts.untilMs, detector),
      };
    }
  }
  if (!same) return undefined;
  const reference = await loadReference(ports.blobs, same.doc.referenceKey);
  const isOfOtherRows = reference.rowsHash !== rowsHash(detector);
  const isProvisional = isTooShort(detector, reference) || (anchor.modelVersion === 0 && isOfOtherRows);
  const since = isOfOtherRows && anchor.modelVersion === 0 && notBeforeMs === 0 ? facts.untilMs : notBeforeMs;
  return { reference, state: { ...same, doc: { ...same.doc, isProvisional, notBeforeMs: since } } };
};

/** Rows from before a drift are no reference for who learnt after it, or has had to get used to it. */
const notBefore = (detector: Detector, doc: DriftStateDoc | undefined, { modelVersion }: Anchor, untilMs: number) => {
  if (!doc) return 0;
  const openSinceMs = doc.openSinceMs ?? 0;
  const lasts = modelVersion === 0 && untilMs - openSinceMs >= leastMs(detector);
  return lasts || modelVersion !== doc.modelVersion ? Math.max(doc.notBeforeMs, openSinceMs) : doc.notBeforeMs;
};

const isDue = (detector: Detector, doc: DriftStateDoc, notBeforeMs: number, untilMs: number): boolean => {
  if (notBeforeMs > doc.notBeforeMs) return true;
  const isShort = doc.referenceToMs - doc.referenceFromMs < leastMs(detector) || doc.isProvisional;
  return isShort && untilMs >= Math.max(doc.referenceToMs, notBeforeMs) + DAY_MS;
};

const leastMs = ({ drift }: Detector): number => drift.minReferenceDays * DAY_MS;
const isTooShort = (detector: Detector, { fromMs, toMs }: ReferenceDoc): boolean => toMs - fromMs < leastMs(detector);

const freshReference = async (
  ports: RegistryPorts,
  detector: Detector,
  anchor: Anchor,
  notBeforeMs: number,
  { names, oldestMs, untilMs }: Facts,
) => {
  const { minReferenceDays } = detector.drift;
  const span = referenceSpan(anchor, { oldestMs, notBeforeMs }, untilMs, minReferenceDays);
  if (!span) return undefined;
  const key = modelFileKey(detector.id, anchor.modelVersion, `drift-${span.fromMs}-${span.toMs}.json`);
  const built = await buildReference(ports.table, detector, names, anchor.modelVersion, span);
  return built && { key, reference: await keepReference(ports.blobs, key, built) };
};

const freshState = (
  { key, reference }: { key: string; reference: ReferenceDoc },
  before: DriftState | undefined,
  { modelVersion }: Anchor,
  notBeforeMs: number,
  untilMs: number,
  detector: Detector,
): DriftState => {
  const columns = reference.features.length + 1;
  const startMs = Math.max(reference.toMs, untilMs - READ_AGAIN_MS);
  const score = before?.doc.score;
  return {
    doc: {
      ...{ format: 1, referenceKey: key, referenceFromMs: reference.fromMs, referenceToMs: reference.toMs },
      ...{ modelVersion, isProvisional: isTooShort(detector, reference), notBeforeMs, ...(score && { score }) },
      ...{ hoursFromMs: startMs, untilMs: startMs, columns, since: {} },
      ...{ openSinceMs: null, openedAtMs: null, announcedSinceMs: null, clearChecks: 0 },
    },
    hours: Array.from({ length: columns }, () => []),
  };
};
