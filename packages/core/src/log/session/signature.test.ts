import fc from "fast-check";
import { expect, test } from "vitest";
import { isSevere } from "./severity.ts";
import {
  coverage,
  decisiveTemplate,
  fitSignatures,
  SIGNATURE_PARAMS,
  scoreSignature,
  type TemplateCounts,
} from "./signature.ts";

const counts = (spec: Record<string, number>): TemplateCounts => new Map(Object.entries(spec));
const times = (number: number, spec: Record<string, number>) => Array.from({ length: number }, () => counts(spec));

/** Blocks that are written three times, most of them deleted; "served" comes as it likes. */
const NORMAL = [
  ...times(500, { receive: 3, store: 3, delete: 3 }),
  ...times(200, { receive: 3, store: 3 }),
  ...times(100, { receive: 3, store: 3, served: 1 }),
  ...times(100, { receive: 3, store: 3, delete: 3, served: 2 }),
  ...times(2, { receive: 3, store: 3, delete: 3, error: 1 }),
];
const severe = new Set(["error"]);
const model = fitSignatures(NORMAL, severe);
const unlabelled = fitSignatures(NORMAL, severe, { ...SIGNATURE_PARAMS, training: "unlabelled" });

test("templates whose counts vary are free and carry no verdict", () => {
  expect([...model.free]).toEqual(["served"]);
  expect(scoreSignature(model, counts({ receive: 3, store: 3, served: 77 })).isAnomalous).toBe(false);
});

test("a session unlike all normal ones is anomalous, and says what is missing and what is extra", () => {
  const score = scoreSignature(model, counts({ receive: 3, store: 1, warn: 2 }));
  expect(score).toMatchObject({ isAnomalous: true, seen: 0, distance: 4 });
  expect(score.nearest?.sessions).toBe(300);
  expect(score.missing).toEqual([{ templateId: "store", count: 2 }]);
  expect(score.extra).toEqual([{ templateId: "warn", count: 2 }]);
  // Half a session seen, where one of 903 would do.
  expect(score.score).toBeCloseTo(Math.log10(2), 10);
});

test("a rare session is normal among normal ones, unless it tells of trouble, else anomalous", () => {
  const withError = counts({ receive: 3, store: 3, delete: 3, error: 1 });
  expect(scoreSignature(model, withError).isAnomalous).toBe(true);
  expect(scoreSignature(fitSignatures(NORMAL, new Set()), withError).isAnomalous).toBe(false);
  expect(scoreSignature(fitSignatures(NORMAL, new Set()), withError).seen).toBe(2);
  const rare = [...NORMAL, ...times(5, { receive: 3, store: 2 })];
  const mixed = fitSignatures(rare, severe, { ...SIGNATURE_PARAMS, training: "unlabelled" });
  expect(scoreSignature(mixed, counts({ receive: 3, store: 2 })).isAnomalous).toBe(true);
  expect(scoreSignature(fitSignatures(rare, severe), counts({ receive: 3, store: 2 })).isAnomalous).toBe(false);
});

test("the model says for how many of its own sessions it fits", () => {
  expect(coverage(model)).toBeCloseTo(900 / 902, 10);
  expect(coverage(unlabelled)).toBeCloseTo(900 / 902, 10);
  const all = fitSignatures(
    Array.from({ length: 100 }, (_, index) => counts({ [`a${index}`]: 1 })),
    severe,
    { ...SIGNATURE_PARAMS, training: "unlabelled" },
  );
  expect(coverage(all)).toBe(0);
  expect(coverage(fitSignatures([], severe))).toBe(0);
});

test("without any normal session, all is extra", () => {
  const score = scoreSignature(fitSignatures([], severe), counts({ a: 2 }));
  expect(score).toMatchObject({ isAnomalous: true, nearest: undefined, distance: Number.POSITIVE_INFINITY });
  expect(score.extra).toEqual([{ templateId: "a", count: 2 }]);
});

test("a verdict is early when no later line can repair it", () => {
  expect(decisiveTemplate(model, counts({ receive: 3, delete: 3, served: 9 }))).toBeUndefined();
  expect(decisiveTemplate(model, counts({ receive: 4 }))).toBe("receive");
  expect(decisiveTemplate(model, counts({ error: 1 }))).toBe("error");
  expect(decisiveTemplate(model, counts({ warn: 1 }))).toBe("warn");
});

test("an early verdict is never taken back", () => {
  const ids = ["receive", "store", "delete", "served", "error", "warn"];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...ids), { maxLength: 30 }), (lines) => {
      const so = new Map<string, number>();
      let decided = false;
      for (const id of lines) {
        so.set(id, (so.get(id) ?? 0) + 1);
        decided ||= decisiveTemplate(model, so) !== undefined;
        if (decided) expect(scoreSignature(model, so).isAnomalous).toBe(true);
      }
    }),
  );
});

test("training sessions above the limit are normal, in any order of training", () => {
  const session = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.nat(2)).map(counts);
  fc.assert(
    fc.property(fc.array(session, { maxLength: 40 }), fc.boolean(), (training, isNormal) => {
      const params = { ...SIGNATURE_PARAMS, training: isNormal ? ("normal" as const) : ("unlabelled" as const) };
      const fitted = fitSignatures(training, new Set(), params);
      expect(fitSignatures(training.toReversed(), new Set(), params)).toEqual(fitted);
      for (const one of training) {
        const { seen, isAnomalous, distance } = scoreSignature(fitted, one);
        expect(seen).toBeGreaterThan(0);
        if (isNormal) expect([isAnomalous, distance]).toEqual([false, 0]);
      }
    }),
  );
});

test("templates tell of trouble by their words or by their level", () => {
  for (const text of ["Connection refused by <*>", "java.io.IOException: x", "disk <*> not found", "Timed out"]) {
    expect(isSevere(text)).toBe(true);
  }
  for (const text of ["Received block <*>", "terror of <*>", "all went well"]) expect(isSevere(text)).toBe(false);
  expect([isSevere("x", "WARN"), isSevere("x", "INFO")]).toEqual([true, false]);
});
