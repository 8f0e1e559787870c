import { type Detector, featureNames } from "../detector.ts";
import { rowsHash } from "../feature/hash.ts";
import type { DriftFinding } from "./check.ts";
import { findingText, SCHEMA } from "./finding-text.ts";
import type { HourBlock } from "./hour.ts";
import type { ReferenceDoc } from "./reference-document.ts";

/** So large a share of new series is a fleet that the model has not seen; single machines come and go. */
const NEW_SHARE = 0.2;
const NAMED = 10;

/**
 * Series that the reference did not know. Compared name by name: there is no chance in it. They are drift for a model that all
 * series share; of a family that learns by itself each series learns alone, so they are only told of.
 */
export const entitiesFinding = (reference: ReferenceDoc, names: readonly string[]): DriftFinding => {
  const known = new Set(reference.entities);
  const fresh = names.filter((name) => !known.has(name));
  const limit = Math.max(1, Math.ceil(NEW_SHARE * known.size));
  const drifted = reference.modelVersion > 0 && fresh.length >= limit;
  return {
    ...{ statistic: "entities", value: fresh.length, limit, effect: fresh.length, unit: "count" },
    ...{ isOver: drifted, drifted, sinceMs: null, sparkline: [] },
    ...(fresh.length > 0 && { entities: fresh.slice(0, NAMED) }),
    text: findingText({ statistic: "entities", effect: fresh.length, from: known.size }),
  };
};

/** Features that the model knows nothing of, or that it knows and nobody makes any more. */
export const schemaFindings = (
  reference: ReferenceDoc,
  detector: Detector,
  /** Pooled hours after the reference, a column per feature of it. */
  hours: readonly (readonly HourBlock[])[],
): DriftFinding[] => {
  const now = featureNames(detector);
  const gone = reference.features.filter((name) => !now.includes(name));
  const added = now.filter((name) => !reference.features.includes(name));
  const learnt = new Set(reference.tracks.map(({ feature }) => feature));
  const isSame = rowsHash(detector) === reference.rowsHash;
  const came = reference.features.filter(
    (name, column) => isSame && !learnt.has(name) && hours[column]!.some(({ values }) => values > 0),
  );
  const redefined = !isSame && gone.length + added.length === 0 ? now : [];
  const of = (names: readonly string[], what: number) => names.map((feature) => schemaFinding(feature, what));
  return [...of(added, SCHEMA.added), ...of(gone, SCHEMA.removed), ...of(came, SCHEMA.came), ...of(redefined, 0)];
};

const schemaFinding = (feature: string, what: number): DriftFinding => ({
  ...{ feature, statistic: "schema", value: 1, limit: 1, effect: 1, unit: "count" },
  ...{ isOver: true, drifted: true, sinceMs: null, sparkline: [] },
  text: findingText({ feature, statistic: "schema", effect: 1, to: what }),
});
