import { headKey, sessionHeadKey } from "@tidewatch/core/store/keys";
import type { Item, StreamEntry } from "@tidewatch/core/store/ports";

/** The time that all clocks of the story show. */
export const NOW_MS = Date.UTC(2026, 10, 20, 12);
const START_MS = NOW_MS - 2 * 3_600_000;
const STEP_MS = 10_000;

/** The second one's name has what careless URLs and keys break on. */
const ENTITIES = ["web-1", "web-2/pod?a=b&c#100%25 é", "web-3"];
export const ODD_NAMED_ENTITY = ENTITIES[1]!;
const DAMAGED_ENTITY = "web-9";
/** Enough rows of each entity to close chunks, and together to train. */
const NORMAL_STEPS = 200;
const ODD_STEPS = 40;
const LATER_STEPS = 110;

/** Small enough to train in a moment. */
export const DETECTOR = {
  id: "hosts",
  features: [{ metric: "cpu" }, { metric: "memory" }],
  model: { family: "isolation-forest", trees: 20, sampleSize: 128, minTrainingRows: 300 },
};

/** Of all that came in. */
export const BACKTEST = {
  model: `${DETECTOR.id}@1`,
  fromMs: START_MS,
  toMs: NOW_MS,
};

/** Other features: a model of two does not fit any more. */
export const CHANGED_DETECTOR = { ...DETECTOR, features: [{ metric: "cpu" }] };

/** A slow wave with a fixed ripple: regular, but no two rows alike. */
const eventAt = (entity: number, step: number, odd: boolean) => ({
  type: "metric",
  entity: ENTITIES[entity],
  timestamp: START_MS + step * STEP_MS,
  values: {
    cpu: odd ? 99 : 40 + 10 * Math.sin(step / 20 + entity) + ((step * 7919) % 13) / 4,
    memory: odd ? 5 : 60 + 5 * Math.cos(step / 30 + entity) + ((step * 104_729) % 11) / 4,
  },
});

const steps = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
const isOdd = (entity: number, step: number) => entity === 1 && step % 10 === 5;

/** An event of a series whose head cannot be read: it is kept as failed, and put back later. */
const eventOfDamaged = { ...eventAt(0, 0, false), entity: DAMAGED_ENTITY };
export const DAMAGED_HEAD: Item = {
  ...headKey(DETECTOR.id, DAMAGED_ENTITY),
  version: 1,
  bytes: new TextEncoder().encode("this is no head"),
};

export const normalEvents = [
  ...steps(0, NORMAL_STEPS).flatMap((step) => ENTITIES.map((_, entity) => eventAt(entity, step, false))),
  eventOfDamaged,
];
const oddSteps = steps(NORMAL_STEPS, ODD_STEPS);
export const oddEvents = oddSteps.flatMap((step) =>
  ENTITIES.map((_, entity) => eventAt(entity, step, isOdd(entity, step))),
);
/** Enough to train on once more. */
export const laterEvents = steps(NORMAL_STEPS + ODD_STEPS, LATER_STEPS).flatMap((step) =>
  ENTITIES.map((_, entity) => eventAt(entity, step, false)),
);
export const ODD_ROWS = oddSteps.filter((step) => isOdd(1, step)).length;

/** What a producer puts onto the stream past the API: neither JSON, nor an event. */
export const poison: StreamEntry[] = ["not json", '{"type":"metric","entity":"web-1"}'].map((text) => ({
  partitionKey: "web-1",
  data: new TextEncoder().encode(text),
}));

// --- logs

export const LOG_DETECTOR = {
  id: "jobs",
  match: { type: "log" },
  session: { key: { pattern: "job_\\d+" }, idleSeconds: 60, minTrainingSessions: 20, training: "normal" },
};
/** The sweep comes when every session has been silent for longer than that. */
export const SWEEP_MS = NOW_MS + 3_600_000;
const TRAINING_JOBS = 24;
const DAMAGED_JOB = 99;

const logEvent = (message: string, second: number) => ({
  type: "log",
  entity: "worker",
  timestamp: START_MS + second * 1000,
  message,
});
const job = (number: number, second: number) => [
  logEvent(`accepted job_${number} from 10.0.0.${number}`, second),
  logEvent(`job_${number} wrote ${number * 7} bytes`, second + 1),
  logEvent(`finished job_${number}`, second + 2),
];
/** Jobs, and a line of a session whose head cannot be read. */
export const normalLines = [
  ...steps(0, TRAINING_JOBS).flatMap((number) => job(number, number * 2)),
  logEvent(`accepted job_${DAMAGED_JOB} from 10.0.0.9`, 50),
];
/** Long after them: their sessions end. */
export const laterLines = job(TRAINING_JOBS, 1000);
export const ODD_JOB = "job_30";
/** One ends by the next line, one falls silent. */
export const oddLines = [
  logEvent(`accepted ${ODD_JOB} from 10.0.0.1`, 2000),
  logEvent(`Error: ${ODD_JOB} was killed`, 2001),
  ...job(31, 3000),
];
export const DAMAGED_SESSION: Item = {
  ...sessionHeadKey(LOG_DETECTOR.id, `job_${DAMAGED_JOB}`),
  version: 1,
  bytes: new TextEncoder().encode("this is no head"),
};
