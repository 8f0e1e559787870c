/** What the producers of a campaign send: a function of producer and index alone, so that any record can be made again. */

const BASE_MS = Date.UTC(2026, 10, 20, 8, 0, 0);
const ENTITIES_PER_PRODUCER = 24;
/** Every so many records one is broken, one is a log line, one belongs to the entity that all producers share. */
const BROKEN_EVERY = 97;
const LOG_EVERY = 50;
const SHARED_EVERY = 11;
const SPIKE_SHARE = 0.004;

export type Produced = { partitionKey: string; data: string };

export const producedRecord = (producer: number, index: number): Produced => {
  const own = `host-${producer}-${index % ENTITIES_PER_PRODUCER}`;
  const entity = index % SHARED_EVERY === 0 ? "shared" : own;
  const timestamp = BASE_MS + Math.floor(index / ENTITIES_PER_PRODUCER) * 1000 + producer;
  if (index % BROKEN_EVERY === 0) return { partitionKey: entity, data: brokenRecord(producer, index) };
  if (index % LOG_EVERY === 0) return logRecord(producer, index, timestamp);
  const tags = { id: `${producer}-${index}` };
  const event = { type: "metric", entity, timestamp, values: valuesOf(producer, index), tags };
  return { partitionKey: entity, data: JSON.stringify(event) };
};

/** A job writes these lines; its session is longer than a session may be, so that it has two. */
export const JOB_LINES = ["accepted JOB from 10.0.0.NUM", "started JOB", "wrote NUM bytes of JOB", "finished JOB"];

/** Under the key of its job, as the API would put it. */
const logRecord = (producer: number, index: number, timestamp: number): Produced => {
  const line = index / LOG_EVERY;
  const job = `job_${producer}_${Math.floor(line / JOB_LINES.length)}`;
  const text = JOB_LINES[line % JOB_LINES.length]!.replace("JOB", job).replace("NUM", String(index % 250));
  const event = { type: "log", entity: `app-${producer}`, timestamp, message: `${text} #${index}`, session: job };
  return { partitionKey: job, data: JSON.stringify(event) };
};

const valuesOf = (producer: number, index: number): Record<string, number> => {
  const random = randomFrom(producer * 1_000_003 + index);
  const spike = random() < SPIKE_SHARE ? 60 : 0;
  const cpu = 30 + 8 * Math.sin(index / 900) + 4 * random() + spike;
  const memory = 55 + 3 * random() + spike / 3;
  return { cpu: Math.round(cpu * 100) / 100, memory: Math.round(memory * 100) / 100 };
};

const brokenRecord = (producer: number, index: number): string => {
  const id = `${producer}-${index}`;
  const kinds = [
    `{"type":"metric","entity":"cut ${id}","values":{"cpu`,
    `{"type":"metric","entity":"","timestamp":1,"values":{},"tags":{"id":"${id}"}}`,
    `not JSON ${id}`,
    `["${id}"]`,
  ];
  return kinds[index % kinds.length]!;
};

/** Rows to train on: what `valuesOf` gives without spikes, as a series of its own. */
export const trainingRows = (count: number): { timestamps: number[]; rows: number[][] } => {
  const rows = Array.from({ length: count }, (_, index) => {
    const random = randomFrom(77_000_000 + index);
    return [30 + 8 * Math.sin(index / 40) + 4 * random(), 55 + 3 * random()];
  });
  return { timestamps: rows.map((_, index) => BASE_MS - (count - index) * 1000), rows };
};

/** Mulberry32 (Tommy Ettinger, public domain): small, seeded, good enough to place kills and spikes. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
