import type { Detector } from "../detector.ts";

/** Events of one entity that stand together, in the order of the stream, as columns; the caller may not keep them. */
export type EventBlock = {
  entity: string;
  count: number;
  timestamps: Float64Array;
  /** When they arrived. */
  arrivals: Float64Array;
  /** Per metric of `metricsOf`; NaN where an event has no value of it. */
  values: readonly Float64Array[];
};

/** Event time; from inclusive, to exclusive. */
export type EventQuery = { detector: Detector; fromMs: number; toMs: number };

/**
 * The archived events of a detector, entity by entity in the byte order of their names, whatever objects they lie in.
 * `entities`: how many have any.
 */
export type EventSource = {
  read<T>(query: EventQuery, use: (found: FoundEvents) => Promise<T>): Promise<T>;
};
export type FoundEvents = { entities: readonly string[]; blocks: AsyncIterable<EventBlock> };

/** The metrics that a detector looks at, each once. */
export const metricsOf = ({ features }: Pick<Detector, "features">): string[] => [
  ...new Set(features.map(({ metric }) => metric)),
];
