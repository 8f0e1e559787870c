import type { Anomaly } from "../api/shapes.ts";

export const anomalyId = ({ detector, entity, timestamp }: Anomaly): string =>
  JSON.stringify([detector, entity, timestamp]);

/** Newest first, each anomaly once; the later list wins where both have one. */
export const mergeAnomalies = (known: readonly Anomaly[], fetched: readonly Anomaly[]): Anomaly[] => {
  const byId = new Map([...known, ...fetched].map((anomaly) => [anomalyId(anomaly), anomaly]));
  return [...byId.values()].sort((a, b) => b.timestamp - a.timestamp || a.entity.localeCompare(b.entity));
};

/** Whether none of the detector's listed anomalies has a value of the feature below zero. */
export const isNeverNegative = (listed: readonly Anomaly[], detector: string, feature: string): boolean =>
  listed.every((anomaly) => anomaly.detector !== detector || (anomaly.values[feature] ?? 0) >= 0);

export type Share = { feature: string; share: number };

/** Features by their share in the score, largest first. */
export const sharesOf = ({ attribution }: Anomaly): Share[] =>
  Object.entries(attribution)
    .map(([feature, share]) => ({ feature, share }))
    .sort((a, b) => b.share - a.share || a.feature.localeCompare(b.feature));
