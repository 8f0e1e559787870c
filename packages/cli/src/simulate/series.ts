import { type Random, randomOf } from "@tidewatch/core/model/random";
import { disturb, drawEpisode, type Episode } from "./episode.ts";

export type SimulationPlan = {
  seed: number;
  entities: number;
  metrics: readonly string[];
  intervalMs: number;
  /** Episodes per row and entity, on average, while none is open. */
  episodeRate: number;
  /** Rows at the start without episodes, to train on. */
  quietRows: number;
};

export type SimulatedEvent = { type: "metric"; entity: string; timestamp: number; values: Record<string, number> };
export type SimulatedRow = { event: SimulatedEvent /** Set on the row where it begins. */; begins?: Episode };

const DAY_MS = 86_400_000;
/** Rows between two episodes of an entity, at least: the second must not begin in the first one's wake. */
const RECOVERY_ROWS = 60;
/** Correlation of a row's noise with that of the row before. */
const PERSISTENCE = 0.6;

type Metric = { base: number; wave: number; phase: number; sd: number; noise: number };
type Entity = { name: string; random: Random; metrics: Metric[]; episode: Episode | undefined; calmUntilRow: number };

/**
 * Makes rows of invented machines: a daily wave plus noise that persists from row to row, and episodes of trouble. The
 * same plan gives the same values; an entity's do not depend on how many others there are.
 * @returns a function that gives the next row of each entity for a time
 */
export const simulation = (plan: SimulationPlan): ((timestampMs: number) => SimulatedRow[]) => {
  const entities = Array.from({ length: plan.entities }, (_, index) => newEntity(plan, index));
  let row = 0;
  return (timestampMs) => {
    const rows = entities.map((entity) => nextRow(plan, entity, row, timestampMs));
    row += 1;
    return rows;
  };
};

const newEntity = (plan: SimulationPlan, index: number): Entity => {
  const random = randomOf(plan.seed, index);
  const metrics = plan.metrics.map(() => ({
    base: 30 + 40 * random.unit(),
    wave: 10 * random.unit(),
    phase: 2 * Math.PI * random.unit(),
    sd: 1 + 2 * random.unit(),
    noise: 0,
  }));
  const name = `host-${String(index + 1).padStart(3, "0")}`;
  return { name, random, metrics, episode: undefined, calmUntilRow: plan.quietRows };
};

const nextRow = (plan: SimulationPlan, entity: Entity, row: number, timestampMs: number): SimulatedRow => {
  if (entity.episode && row > entity.episode.lastRow) {
    entity.calmUntilRow = entity.episode.lastRow + RECOVERY_ROWS;
    entity.episode = undefined;
  }
  const mayBegin = !entity.episode && row >= entity.calmUntilRow;
  const begins = mayBegin && entity.random.unit() < plan.episodeRate;
  if (begins) entity.episode = drawEpisode(entity.random, row, plan.metrics.length);
  const values = entity.metrics.map((metric, at) => nextValue(entity, metric, at, row, timestampMs));
  const event: SimulatedEvent = {
    type: "metric",
    entity: entity.name,
    timestamp: timestampMs,
    values: Object.fromEntries(values.map((value, at) => [plan.metrics[at]!, Math.round(value * 1e4) / 1e4])),
  };
  return begins && entity.episode ? { event, begins: entity.episode } : { event };
};

const nextValue = (entity: Entity, metric: Metric, at: number, row: number, timestampMs: number): number => {
  const fresh = gaussian(entity.random) * Math.sqrt(1 - PERSISTENCE ** 2);
  metric.noise = PERSISTENCE * metric.noise + fresh;
  const noise = metric.noise * metric.sd;
  const wave = metric.wave * Math.sin((2 * Math.PI * timestampMs) / DAY_MS + metric.phase);
  const normal = metric.base + wave + noise;
  const { episode } = entity;
  return episode?.metrics.includes(at) ? disturb(episode, row, { normal, noise, sd: metric.sd }) : normal;
};

/** Standard normal by Box and Muller (1958), one of the pair. */
const gaussian = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
