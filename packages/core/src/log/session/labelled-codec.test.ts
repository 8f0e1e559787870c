import fc from "fast-check";
import { expect, test } from "vitest";
import { fitLabelledSessions, sessionProbabilities } from "./labelled.ts";
import { decodeLabelled, encodeLabelled } from "./labelled-codec.ts";

const id = (index: number) => index.toString(16).padStart(16, "0");
const session = (counts: Record<number, number>) =>
  new Map(Object.entries(counts).map(([template, count]): [string, number] => [id(Number(template)), count]));
const sessions = Array.from({ length: 200 }, (_, index) =>
  session(index % 20 === 0 ? { 1: 1, 2: 1, 3: index % 7 } : { 1: 1, 3: index % 7, 4: 1 }),
);
const labels = Uint8Array.from(sessions, (one) => (one.has(id(2)) ? 1 : 0));
const learned = await fitLabelledSessions(sessions, labels, 3);
const together = [
  [id(1), id(3)],
  [id(2), id(4)],
];
const model = { ...learned, threshold: 0.25, together };

test("a model comes back as it was, and says the same", () => {
  const bytes = encodeLabelled(model);
  const back = decodeLabelled(bytes, "a forest");
  expect(back).toEqual(model);
  expect(sessionProbabilities(back, sessions)).toEqual(sessionProbabilities(model, sessions));
  expect(encodeLabelled(back)).toEqual(bytes);
  expect(() => decodeLabelled(Uint8Array.of(...bytes, 0), "it")).toThrow("it is corrupt: 1 bytes are left over");
});

test("bytes that are cut or changed are refused, or are a forest that comes to an end", () => {
  const bytes = encodeLabelled(model);
  for (let length = 0; length < bytes.length; length += 7) {
    expect(() => decodeLabelled(bytes.subarray(0, length), "it")).toThrow(/^it /);
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const changed = bytes.slice();
      changed[at] = value;
      try {
        sessionProbabilities(decodeLabelled(changed, "it"), sessions.slice(0, 3));
      } catch (error) {
        expect(error).toMatchObject({ code: "CORRUPT" });
      }
    }),
    { numRuns: 300 },
  );
});

test("the threshold is where scores pass .5, and changes no order", () => {
  const forest = { ...model, together: [], onlyAnomalous: [] };
  const drawn = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), of: fc.nat(199) });
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.array(drawn), (threshold, rows) => {
      const counts = rows.map(({ of }) => sessions[of]!);
      const half = sessionProbabilities({ ...forest, threshold: 0.5 }, counts);
      const own = sessionProbabilities({ ...forest, threshold }, counts);
      for (const [row, share] of half.entries()) {
        expect(own[row]! >= 0.5).toBe(share >= threshold);
        expect(own[row]!).toBeGreaterThanOrEqual(0);
        expect(own[row]!).toBeLessThanOrEqual(1);
      }
    }),
  );
  expect(sessionProbabilities({ ...model, threshold: 0.9 }, [session({ 1: 1, 4: 1, 99: 1 })])[0]).toBe(0.5);
});
