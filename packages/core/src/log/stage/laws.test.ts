import fc from "fast-check";
import { expect, test } from "vitest";
import {
  jobModel,
  LINES,
  type LineName,
  type LineSpec,
  logDetector,
  logPorts,
  logRecords,
} from "../../../../../test/support/log-stage.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { AppError } from "../../errors.ts";
import type { Item, StreamRecord, Table } from "../../store/ports.ts";
import { decodeEnded } from "../store/ended-sessions.ts";
import { decodeSessionHead } from "../store/session-head.ts";
import { type LogPorts, logBatch } from "./run.ts";

const NAMES = Object.keys(LINES) as LineName[];
/** Lines of a few jobs in time order, with silences in which sessions end. */
const lineSpecs = fc
  .array(fc.tuple(fc.nat(NAMES.length - 1), fc.nat(3), fc.oneof(fc.nat(60), fc.constant(2000))), {
    minLength: 1,
    maxLength: 40,
  })
  .map((steps) => {
    let second = 0;
    return steps.map(([name, job, pause]): LineSpec => {
      second += pause;
      return [NAMES[name]!, job, second];
    });
  });
const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });

const batchesOf = (records: readonly StreamRecord[], sizes: readonly number[]): StreamRecord[][] => {
  const batches: StreamRecord[][] = [];
  for (let at = 0, turn = 0; at < records.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    batches.push(records.slice(at, at + size));
    at += size;
  }
  return batches;
};

/** Lists that say when to look at a session, and how ended ones are packed, follow the batches; nothing else does. */
const results = (table: { items(): Item[] }): Item[] =>
  table.items().filter(({ pk }) => !pk.startsWith("DUE-SESSIONS#") && !pk.startsWith("ENDED-SESSIONS#"));
const endedKeys = (table: { items(): Item[] }): string[] => {
  const packs = table.items().filter(({ pk }) => pk.startsWith("ENDED-SESSIONS#"));
  const sessions = packs.flatMap(({ bytes }) => decodeEnded(bytes!, "it"));
  return [...new Set(sessions.map(({ key, firstMs, lines }) => `${key} ${firstMs} ${lines}`))].sort();
};

const detectors = [logDetector({ rates: { intervalSeconds: 60 }, session: { maxLines: 15, quietSeconds: 50 } })];
const model = jobModel([], detectors[0]);

/** No line after a silence as long as the time-out: what a batch's time ends is then what its own lines would end. */
const runAll = async (batches: readonly StreamRecord[][], isJudged: boolean) => {
  const table = memoryTable();
  const ports = logPorts(table, detectors, isJudged ? model : undefined);
  for (const batch of batches) await logBatch(ports, batch);
  return table;
};

test("results do not depend on where batches end", async () => {
  await fc.assert(
    fc.asyncProperty(lineSpecs, cuts, fc.boolean(), async (lines, sizes, isJudged) => {
      // A line of another job at the end, long after: it ends whatever is open.
      const last = lines.at(-1)![2];
      const records = logRecords([...lines, ["end", 9, last + 9000]]);
      const one = await runAll(batchesOf(records, [1]), isJudged);
      const other = await runAll([...batchesOf(records.slice(0, -1), sizes), records.slice(-1)], isJudged);
      expect(results(other)).toEqual(results(one));
      expect(endedKeys(other)).toEqual(endedKeys(one));
    }),
    { numRuns: 40 },
  );
});

/** A table that fails at some of its puts, before or after it has written. */
const failing = (table: Table, failures: { at: number; isLate: boolean }[]): Table => {
  let puts = 0;
  return {
    ...table,
    putMany: async (all) => {
      const failure = failures.find(({ at }) => at === puts);
      puts++;
      if (failure && !failure.isLate) throw new AppError("UNAVAILABLE", "away");
      const some = failure ? all.slice(0, Math.ceil(all.length / 2)) : all;
      const outcomes = await table.putMany(some);
      if (failure) throw new AppError("UNAVAILABLE", "away in the middle");
      return outcomes;
    },
  };
};

/** Every other attempt is by another process, which remembers nothing. */
const untilDone = async (ports: LogPorts, batch: readonly StreamRecord[]): Promise<void> => {
  for (let attempt = 0; ; attempt++) {
    try {
      await logBatch(attempt % 2 === 0 ? ports : { ...ports }, batch);
      return;
    } catch (error) {
      if (!(error instanceof AppError) || attempt > 10) throw error;
    }
  }
};

test("a crash at any write, and repeats, leave what no crash would have left", async () => {
  await fc.assert(
    fc.asyncProperty(
      lineSpecs,
      cuts,
      fc.array(fc.record({ at: fc.nat(60), isLate: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      async (lines, sizes, failures) => {
        const last = lines.at(-1)![2];
        const records = logRecords([...lines, ["end", 9, last + 9000]]);
        const batches = [...batchesOf(records.slice(0, -1), sizes), records.slice(-1)];
        const undisturbed = await runAll(batches, true);
        const table = memoryTable();
        const ports = logPorts(failing(table, failures), detectors, model);
        for (const batch of batches) {
          await untilDone(ports, batch);
          await untilDone(ports, batch);
        }
        expect(results(table)).toEqual(results(undisturbed));
        expect(endedKeys(table)).toEqual(endedKeys(undisturbed));
      },
    ),
    { numRuns: 40 },
  );
});

test("lines of one session in several shards, by several consumers at once, are each counted once", async () => {
  await fc.assert(
    fc.asyncProperty(lineSpecs, fc.array(fc.nat(2), { minLength: 1, maxLength: 7 }), async (lines, shards) => {
      const table = memoryTable();
      const byShard = [0, 1, 2].map((shard) =>
        logRecords(
          lines.filter((_, index) => shards[index % shards.length] === shard),
          1,
          shard,
        ),
      );
      const consumers = byShard.map(async (records) => {
        const ports = logPorts(table, detectors);
        for (const batch of batchesOf(records, [3])) await logBatch(ports, batch);
      });
      await Promise.all(consumers);
      const jobs = Map.groupBy(lines, ([, job]) => job);
      for (const [job, all] of jobs) {
        const head = table.items().find(({ pk, sk }) => pk === `SESSION#jobs#job_${job}` && sk === "HEAD");
        expect(decodeSessionHead(head!).lines).toBe(all.length);
      }
    }),
    { numRuns: 30 },
  );
});
