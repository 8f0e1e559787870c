import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detectors, portsOf, recordsOf, type Step, steps } from "../../../../test/support/score-steps.ts";
import { AppError } from "../errors.ts";
import { headKey } from "../store/keys.ts";
import { allSeries } from "../store/read-series.ts";
import { scoreBatch } from "./run.ts";
import { type ScoreTally, tallyOf } from "./tally.ts";

const sumOf = (tallies: readonly ScoreTally[], name: keyof ScoreTally): number =>
  tallies.reduce((sum, tally) => sum + tally[name], 0);

/** Detectors that a step's event belongs to, told from the step alone. */
const matchedBy = ({ form, entity }: Step): string[] => {
  if (form !== "event") return [];
  return detectors.filter(({ match }) => match.entity === "*" || entity.startsWith("a")).map(({ id }) => id);
};
const received = (all: readonly Step[]): number =>
  all.reduce((sum, step) => sum + (step.form === "log" ? 0 : Math.max(1, matchedBy(step).length)), 0);

test("for any records, in any batches, repeats and damaged series, the counts add up exactly", async () => {
  const piece = fc.tuple(fc.nat(), fc.nat());
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(piece, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (all, pieces, harm) => {
        const table = memoryTable();
        const ports = await portsOf(table);
        const records = recordsOf(all);
        if (harm) {
          const item = { ...headKey("each", "a1"), version: 3, bytes: Uint8Array.of(1) };
          await table.putMany([{ item, condition: { kind: "any" } }]);
        }
        /** Pairs of a detector and a record that a series has taken in, by the rule: one that is past is a repeat. */
        const last = new Map<string, number>();
        const tallies: ScoreTally[] = [];
        for (const [from, length] of pieces) {
          const start = from % records.length;
          const end = start + 1 + (length % records.length);
          const expected = { repeated: 0, failed: 0, taken: 0, unmatched: 0, quarantined: 0 };
          for (let n = start; n < Math.min(end, all.length); n++) {
            const step = all[n]!;
            if (step.form === "broken") expected.quarantined++;
            if (step.form === "other") expected.unmatched++;
            for (const id of matchedBy(step)) {
              const series = `${id} ${step.entity}`;
              if (harm && series === "each a1") expected.failed++;
              else if (n <= (last.get(series) ?? -1)) expected.repeated++;
              else {
                expected.taken++;
                last.set(series, n);
              }
            }
          }
          const tally = tallyOf(await scoreBatch(ports, records.slice(start, end)));
          const { scored, late, unmatched, quarantined, skipped, repeated, failed } = tally;
          expect(tally.received).toBe(received(all.slice(start, end)));
          expect(tally.received).toBe(scored + unmatched + late + quarantined + skipped);
          expect({ repeated, failed, taken: scored + late, unmatched, quarantined }).toEqual(expected);
          expect(skipped).toBe(repeated + failed);
          tallies.push(tally);
        }
        let [events, late] = [0, 0];
        for (const { id } of detectors) {
          if (harm && id === "each") continue;
          for await (const { head } of allSeries(table, id)) {
            events += head.counts.events;
            late += head.counts.late;
          }
        }
        if (!harm)
          expect([sumOf(tallies, "scored") + sumOf(tallies, "late"), sumOf(tallies, "late")]).toEqual([events, late]);
      },
    ),
    { numRuns: 80 },
  );
});

test("a record that makes the scorer fail is one delivery that failed", async () => {
  const ports = { ...(await portsOf(memoryTable())), scorerOf: () => Promise.reject(new AppError("VALIDATION", "no")) };
  const [record] = recordsOf([{ entity: "a1", advance: 0, cpu: 1, memory: 1, form: "event" }]);
  const tally = tallyOf(await scoreBatch(ports, [record!]));
  expect(tally).toMatchObject({ received: 1, skipped: 1, failed: 1, repeated: 0, scored: 0 });
});
