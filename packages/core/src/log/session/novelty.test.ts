import fc from "fast-check";
import { expect, test } from "vitest";
import { fitLabelledSessions, sessionProbabilities } from "./labelled.ts";
import { fitNovelty, noveltyOf } from "./novelty.ts";

const counts = (spec: Record<string, number>) => new Map(Object.entries(spec));
/** Copies that are asked for are also sent, once or twice; a few sessions fail. */
const sessions = Array.from({ length: 200 }, (_, index) => {
  const copies = index % 10 === 0 ? 1 + (index % 20) / 10 : 0;
  const failed = index % 50 === 7 ? { lost: 1, close: 0 } : { close: 1 };
  return counts({ open: 1, ...failed, ...(copies > 0 && { asked: copies, sent: copies }) });
});
const labels = Uint8Array.from(sessions, (one) => (one.has("lost") ? 1 : 0));

test("templates that always came in equal numbers belong together, if they came often enough", () => {
  expect(fitNovelty(sessions, labels)).toEqual({ together: [["asked", "sent"]], onlyAnomalous: ["lost"] });
  const few = sessions.slice(0, 60);
  expect(fitNovelty(few, labels.subarray(0, 60)).together).toEqual([]);
  expect(fitNovelty([...sessions, counts({ asked: 1 })], Uint8Array.of(...labels, 1)).together).toEqual([]);
});

test("a session that breaks what all training sessions kept is anomalous, though no label told of it", async () => {
  const model = await fitLabelledSessions(sessions, labels, 1);
  const judged = sessionProbabilities(model, [
    counts({ open: 1, close: 1, asked: 2, sent: 2 }),
    counts({ open: 1, close: 1, asked: 3, sent: 3 }),
    counts({ open: 1, close: 1, asked: 2 }),
    counts({ open: 1, close: 1, asked: 1, sent: 2 }),
    counts({ open: 1, close: 1, lost: 1 }),
    counts({ open: 1, close: 1, never: 1 }),
  ]);
  expect([...judged].map((probability) => probability >= 0.5)).toEqual([false, false, true, true, true, true]);
});

test("no normal training session is novel, and the order of the sessions does not matter", () => {
  const session = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.nat(2)).map(counts);
  const labelled = fc.array(fc.tuple(session, fc.nat(1)), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(labelled, (rows) => {
      const fit = (all: typeof rows) =>
        fitNovelty(
          all.map(([one]) => one),
          Uint8Array.from(all, ([, label]) => label),
        );
      const novelty = fit(rows);
      expect(fit(rows.toReversed())).toEqual(novelty);
      const isNovel = noveltyOf(novelty, ["a", "b", "c", "d"]);
      for (const [one, label] of rows) if (label === 0) expect(isNovel(one)).toBe(false);
    }),
  );
});
