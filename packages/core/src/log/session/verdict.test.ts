import { expect, test } from "vitest";
import { randomOf } from "../../model/random.ts";
import { fitLabelledSessions, sessionProbabilities } from "./labelled.ts";
import { addLine, freshSession } from "./session.ts";
import { fitSessions, scoreSession } from "./session-model.ts";
import { SIGNATURE_PARAMS } from "./signature.ts";
import { countVectors, vocabularyOf } from "./vectors.ts";
import { verdictOf } from "./verdict.ts";

const at = (line: number) => ({ shardId: "a", sequenceNumber: String(line), arrivalMs: 0, part: 0, digest: 0 });

const counts = (spec: Record<string, number>) => new Map(Object.entries(spec));
const model = fitSessions(
  Array.from({ length: 99 }, () => counts({ receive: 2, store: 1 })),
  new Set(),
);
const names = { currentId: (id: string) => id.replace("old-", ""), textOf: (id: string) => `${id} <*>` };
const sessionOf = (ids: readonly string[]) => {
  const session = freshSession("blk_1", 1000);
  ids.forEach((templateId, index) => {
    addLine(session, { templateId, timestampMs: 1000 + index, at: at(index + 7) });
  });
  return session;
};

test("a verdict says what is missing and what is extra, and points at the lines", () => {
  const verdict = verdictOf(sessionOf(["receive", "old-warn", "warn"]), model, names, { hasEnded: true });
  expect(verdict).toEqual({
    ...{ key: "blk_1", startMs: 1000, endMs: 1002, lines: 3, isAnomalous: true, isFinal: true },
    // Half a session seen, where one would do: odds of 2.
    score: expect.closeTo(2 / 3, 10),
    nearest: { sessions: 99, share: 1, distance: 4 },
    missing: [
      { templateId: "receive", template: "receive <*>", count: 1, first: at(7) },
      { templateId: "store", template: "store <*>", count: 1 },
    ],
    extra: [{ templateId: "warn", template: "warn <*>", count: 2, first: at(8) }],
    firstOffending: at(8),
  });
});

test("a session that fits is normal, and one that is not done yet has no final verdict", () => {
  const normal = verdictOf(sessionOf(["receive", "store", "receive"]), model, names, { hasEnded: false });
  expect(normal).toMatchObject({ isAnomalous: false, isFinal: false, missing: [], extra: [] });
  expect(normal.score).toBeLessThan(0.01);
  const early = verdictOf(sessionOf(["receive", "store", "store"]), model, names, { hasEnded: false });
  expect(early).toMatchObject({ isAnomalous: true, isFinal: true, firstOffending: at(8) });
});

test("a model that learnt from labels decides, the signatures explain", () => {
  const ended = { hasEnded: false, probability: 0.2 };
  const verdict = verdictOf(sessionOf(["receive", "store", "store"]), model, names, ended);
  expect(verdict).toMatchObject({ score: 0.2, isAnomalous: false, isFinal: false });
  const none = verdictOf(sessionOf(["a"]), fitSessions([], new Set()), names, { hasEnded: true });
  expect([none.isAnomalous, none.nearest]).toEqual([true, undefined]);
});

test("where sessions are too varied for signatures, each template is judged for itself", () => {
  // Sixteen optional steps: hardly two sessions are alike.
  const steps = Array.from({ length: 16 }, (_, index) => `step${index}`);
  const random = randomOf(1);
  const varied = Array.from({ length: 3000 }, (_, index) => {
    const taken = steps.filter(() => random.below(2) === 1).map((id): [string, number] => [id, 1]);
    return new Map([["open", 1], ["close", index % 1500 === 0 ? 0 : 1], ...taken]);
  });
  for (const training of ["normal", "unlabelled"] as const) {
    const rules = fitSessions(varied, new Set(), { ...SIGNATURE_PARAMS, training });
    expect(rules.rules).toBeDefined();
    const usual = { open: 1, close: 1, step3: 1, step5: 1 };
    expect(scoreSession(rules, counts(usual)).score).toBeLessThan(0);
    const strange = scoreSession(rules, counts({ ...usual, open: 0, warn: 2 }));
    expect([strange.missing, strange.extra]).toEqual([
      [{ templateId: "open", count: 1 }],
      [{ templateId: "warn", count: 2 }],
    ]);
    expect(strange.score).toBeGreaterThan(0);
    expect(scoreSession(rules, counts({ ...usual, step3: 10_000 })).extra).toHaveLength(1);
    const verdict = verdictOf(sessionOf(["warn"]), rules, names, { hasEnded: false });
    expect(verdict).toMatchObject({ isAnomalous: true, isFinal: false, firstOffending: at(7) });
  }
});

test("labelled sessions teach a forest; templates that none of them had are anomalous", async () => {
  const sessions = Array.from({ length: 400 }, (_, index) =>
    counts(index % 40 === 0 ? { open: 1, lost: 1, noise: index % 7 } : { open: 1, noise: index % 7, close: 1 }),
  );
  const labels = Uint8Array.from(sessions, (one) => (one.has("lost") ? 1 : 0));
  const forest = await fitLabelledSessions(sessions, labels, 7);
  expect(forest.vocabulary).toEqual(["close", "lost", "noise", "open"]);
  expect(forest.importance.length).toBe(5);
  const judged = sessionProbabilities(forest, [
    counts({ open: 1, close: 1, noise: 3 }),
    counts({ open: 1, lost: 1, noise: 3 }),
    counts({ open: 1, close: 1, noise: 3, never: 1 }),
  ]);
  expect([...judged].map((probability) => probability >= 0.5)).toEqual([false, true, true]);
  await expect(fitLabelledSessions(sessions, new Uint8Array(400), 7)).rejects.toMatchObject({ code: "VALIDATION" });
});

test("count vectors have a column per template of the training, and one for all others", () => {
  const training = [counts({ b: 1, a: 2 }), counts({ c: 3 })];
  expect(vocabularyOf(training)).toEqual(["a", "b", "c"]);
  expect([...countVectors([...training, counts({ a: 1, x: 4, y: 5 })], ["a", "b", "c"])]).toEqual([
    ...[2, 1, 0, 0],
    ...[0, 0, 3, 0],
    ...[1, 0, 0, 9],
  ]);
});

test("of very many templates a verdict names those with the most lines", () => {
  const ids = Array.from({ length: 70 }, (_, index) => [`t${index}`, ...(index >= 60 ? [`t${index}`] : [])]).flat();
  const { extra } = verdictOf(sessionOf(ids), model, names, { hasEnded: true });
  expect(extra).toHaveLength(50);
  expect(extra.filter(({ count }) => count === 2)).toHaveLength(10);
});
