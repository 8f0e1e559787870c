import type { DetectorStatus, Status } from "../api/shapes.ts";

export type Term = { label: string; value: number };
/** A total and the parts it must be made of; `missing` is what the parts leave unexplained. */
export type Sum = { title: string; total: Term; parts: Term[]; missing: number };

const sum = (title: string, total: Term, parts: Term[]): Sum => ({
  title,
  total,
  parts,
  missing: total.value - parts.reduce((subtotal, { value }) => subtotal + value, 0),
});

const totalOf = (detectors: readonly DetectorStatus[], read: (detector: DetectorStatus) => number): number =>
  detectors.reduce((total, detector) => total + read(detector), 0);

/** The pipeline's bookkeeping: nothing is lost when each total equals its parts. */
export const sums = ({ archive, score, detectors }: Status): Sum[] => [
  sum("Every record on the stream", { label: "received", value: archive.received }, [
    { label: "archived", value: archive.archived },
    { label: "quarantined", value: archive.quarantined },
  ]),
  sum("Metric events read by the scorer", { label: "received", value: score.received }, [
    { label: "matched by a detector", value: score.received - score.unmatched - score.invalid },
    { label: "unmatched", value: score.unmatched },
    { label: "invalid", value: score.invalid },
  ]),
  sum("Events handed to detectors", { label: "handed over", value: score.deliveries }, [
    ...detectors.map(({ id, events }) => ({ label: id, value: events })),
    ...(score.failed > 0 ? [{ label: "failed and kept", value: score.failed }] : []),
  ]),
  sum("Rows made of them", { label: "rows", value: totalOf(detectors, rowTotal) }, [
    { label: "scored", value: totalOf(detectors, ({ rows }) => rows.scored) },
    { label: "warming up", value: totalOf(detectors, ({ rows }) => rows.warmingUp) },
    { label: "skipped", value: totalOf(detectors, ({ rows }) => rows.skipped) },
    { label: "imputed", value: totalOf(detectors, ({ rows }) => rows.imputed) },
  ]),
];

export const rowTotal = ({ rows }: DetectorStatus): number =>
  rows.scored + rows.warmingUp + rows.skipped + rows.imputed;

/** Records that each consumer has yet to read, over all shards; empty where that is not known. */
export const backlogs = ({ consumers }: Status): Term[] => {
  const lags = new Map<string, number>();
  for (const { name, lag } of consumers) lags.set(name, (lags.get(name) ?? 0) + lag);
  return [...lags].map(([label, value]) => ({ label, value }));
};
