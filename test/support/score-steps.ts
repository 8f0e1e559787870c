import type { Detector } from "@tidewatch/core/detector";
import { AppError } from "@tidewatch/core/errors";
import type { Scorer } from "@tidewatch/core/model/scorer";
import { scoreBatch } from "@tidewatch/core/score/run";
import type { StreamRecord, Table } from "@tidewatch/core/store/ports";
import fc from "fast-check";
import { detector, distanceScorer, metric, record, scorePorts, T0 } from "./scoring.ts";

export const detectors: Detector[] = [
  detector({ id: "each", shingleSize: 2, missing: "linear", latenessSeconds: 5, closeAfterRows: 2 }),
  detector({ id: "minute", intervalSeconds: 4, latenessSeconds: 3, missing: "last", shingleSize: 3, sensitivity: 9 }),
  detector({ id: "skips", features: [{ metric: "cpu", direction: "up", minDeviation: { absolute: 5 } }] }),
  detector({ id: "untrained", match: { entity: "a*" }, intervalSeconds: 2, latenessSeconds: 0, missing: "zero" }),
  detector({ id: "learns", match: { entity: "a*" }, closeAfterRows: 2, model: { family: "stream" } }),
];
let scorers: Scorer[] | undefined;
export const portsOf = async (table: Table) => {
  scorers ??= await Promise.all(detectors.slice(0, 3).map((one) => distanceScorer(one)));
  return scorePorts(table, detectors, scorers);
};

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 300, max: 700 }).map((n) => n / 10) },
  { weight: 2, arbitrary: fc.constantFrom(null, 500, -1e300, 1e300, 0) },
);
const step = fc.record({
  entity: fc.constantFrom("a1", "a2", "b\u{1F30A}"),
  advance: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -4, max: 4 }) }, fc.constantFrom(40, 4000, -30)),
  cpu: value,
  memory: value,
  form: fc.oneof({ weight: 12, arbitrary: fc.constant("event") }, fc.constantFrom("broken", "log", "other")),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export const recordsOf = (steps: readonly Step[], shard = 0): StreamRecord[] => {
  let seconds = 0;
  return steps.map(({ entity, advance, cpu, memory, form }, index) => {
    seconds += advance;
    if (form === "broken") return record(index, '{"type":"metric","entity":', shard);
    if (form === "log") return record(index, { type: "log", entity, timestamp: T0, message: "x" }, shard);
    const values = form === "other" ? { disk: 1 } : { cpu, memory };
    return record(index, metric(entity, Math.max(0, seconds), values), shard);
  });
};

/** Splits into consecutive batches at the given places. */
export const batches = (records: StreamRecord[], cuts: readonly number[]): StreamRecord[][] => {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (records.length + 1)), records.length])].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => records.slice(at[index], end));
};

export const scoreAll = async (table: Table, parts: StreamRecord[][]) => {
  const ports = await portsOf(table);
  for (const part of parts) await scoreBatch(ports, part);
};

export const steps = fc.array(step, { minLength: 1, maxLength: 120 });

/** Every call waits for a number of turns that the seed decides, so that consumers interleave in any way. */
export const interleaving = (table: Table, turns: readonly number[]): Table => {
  let call = 0;
  const wait = async () => {
    for (let turn = turns[call++ % turns.length]!; turn > 0; turn--) await Promise.resolve();
  };
  return {
    ...table,
    getMany: async (keys) => {
      await wait();
      return await table.getMany(keys);
    },
    putMany: async (puts) => {
      await wait();
      return await table.putMany(puts);
    },
  };
};

/** Throws after so many puts, some of a call's puts applied: puts are no transaction. */
export const crashing = (table: Table, puts: number): Table => {
  let left = puts;
  return {
    ...table,
    putMany: async (all) => {
      const outcomes = await table.putMany(all.slice(0, left));
      if (all.length > left) throw new AppError("UNAVAILABLE", "crash");
      left -= all.length;
      return outcomes;
    },
  };
};
