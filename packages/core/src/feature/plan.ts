import { type Detector, type Feature, featureNames, shingleSizeOf } from "../detector.ts";
import { familyOf } from "../model/families.ts";
import type { OnlineFamily } from "../model/family.ts";
import { detectorThreshold, LOWEST_THRESHOLD } from "../score/threshold.ts";
import { configHash, featureHash, rowsHash } from "./hash.ts";
import { compileMatch, type Matcher } from "./match.ts";

/** A detector made ready for the hot path: everything that depends on the document alone, computed once. */
export type Plan = {
  detector: Detector;
  id: string;
  matches: Matcher;
  names: readonly string[];
  metrics: readonly string[];
  aggregates: readonly Feature["aggregate"][];
  /** 0 when every observation is a row of its own. */
  intervalMs: number;
  latenessMs: number;
  missing: Detector["missing"];
  shingleSize: number;
  /** Of a detector whose series learn by themselves, row by row: it has no model to load. */
  online: OnlineFamily | undefined;
  threshold: number;
  /** 0 for no alarm budget. */
  alarmsPerDay: number;
  rowsHash: string;
  featureHash: string;
  configHash: string;
  /** The lowest that its series' own thresholds may be: rows from there on are explained. */
  lowestThreshold: number;
  /** False when no feature limits direction or deviation: then every score over the threshold stands. */
  hasRules: boolean;
};

const plans = new WeakMap<Detector, Plan>();

/** The plan of a detector, kept as long as the document object is. */
export const planOf = (detector: Detector): Plan => {
  const known = plans.get(detector);
  if (known) return known;
  const plan = compile(detector);
  plans.set(detector, plan);
  return plan;
};

const onlineFamilyOf = ({ model }: Detector): OnlineFamily | undefined => {
  const family = familyOf(model);
  return family.kind === "online" ? family : undefined;
};

const compile = (detector: Detector): Plan => ({
  detector,
  id: detector.id,
  matches: compileMatch(detector),
  names: featureNames(detector),
  metrics: detector.features.map(({ metric }) => metric),
  aggregates: detector.features.map(({ aggregate }) => aggregate),
  intervalMs: (detector.intervalSeconds ?? 0) * 1000,
  latenessMs: detector.latenessSeconds * 1000,
  missing: detector.missing,
  shingleSize: shingleSizeOf(detector),
  online: onlineFamilyOf(detector),
  threshold: detectorThreshold(detector),
  lowestThreshold: detector.alarmsPerDay
    ? Math.min(detectorThreshold(detector), LOWEST_THRESHOLD)
    : detectorThreshold(detector),
  alarmsPerDay: detector.alarmsPerDay ?? 0,
  rowsHash: rowsHash(detector),
  featureHash: featureHash(detector),
  configHash: configHash(detector),
  hasRules: detector.features.some(
    ({ direction, minDeviation }) => direction !== "both" || minDeviation.absolute > 0 || minDeviation.relative > 0,
  ),
});
