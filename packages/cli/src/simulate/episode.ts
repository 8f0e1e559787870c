import type { Random } from "@tidewatch/core/model/random";

/** Shapes of trouble; each names what it does to the value, in standard deviations of the metric's noise. */
const KINDS = {
  /** A few rows far off. */
  spike: { rows: [1, 3], strength: [9, 16] },
  /** Another level for a while. */
  "level-shift": { rows: [20, 60], strength: [6, 10] },
  /** Grows from nothing, as a leak does. */
  ramp: { rows: [40, 120], strength: [9, 16] },
  /** The level stays, the scatter grows. */
  noise: { rows: [20, 60], strength: [5, 8] },
  /** Nothing arrives any more: the value falls to zero. */
  stall: { rows: [10, 30], strength: [0, 0] },
} as const satisfies Record<string, { rows: readonly [number, number]; strength: readonly [number, number] }>;
export type EpisodeKind = keyof typeof KINDS;
export const EPISODE_KINDS = Object.keys(KINDS) as EpisodeKind[];

export type Episode = {
  kind: EpisodeKind;
  firstRow: number;
  /** The last row it changes. */
  lastRow: number;
  strength: number;
  /** Positions of the metrics that it changes. */
  metrics: number[];
};

/** Draws an episode that starts at the row; half of them touch one metric, the others several. */
export const drawEpisode = (random: Random, firstRow: number, metricCount: number): Episode => {
  const kind = EPISODE_KINDS[random.below(EPISODE_KINDS.length)]!;
  const { rows, strength } = KINDS[kind];
  const length = rows[0] + random.below(rows[1] - rows[0] + 1);
  const touched = random.unit() < 0.5 ? 1 : 1 + random.below(metricCount);
  const start = random.below(metricCount);
  const size = strength[0] + random.unit() * (strength[1] - strength[0]);
  const sign = kind === "noise" || random.unit() < 0.7 ? 1 : -1;
  return {
    kind,
    firstRow,
    lastRow: firstRow + length - 1,
    strength: sign * size,
    metrics: Array.from({ length: touched }, (_, i) => (start + i) % metricCount),
  };
};

/** The value that the episode makes of a normal one; `sd` and `noise` are the metric's. */
export const disturb = (
  episode: Episode,
  row: number,
  { normal, noise, sd }: { normal: number; noise: number; sd: number },
): number => {
  const { kind, strength, firstRow, lastRow } = episode;
  if (kind === "stall") return 0;
  if (kind === "noise") return normal + noise * (strength - 1);
  const share = kind === "ramp" ? (row - firstRow + 1) / (lastRow - firstRow + 1) : 1;
  return normal + share * strength * sd;
};
