import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Label } from "../store/labels.ts";
import { labelAt } from "./row-labels.ts";

const label = (fromMs: number, toMs: number, kind: Label["label"], createdAtMs: number): Label => ({
  ...{ detector: "web", entity: "a", fromMs, toMs, label: kind, createdAtMs },
});

describe("labelAt", () => {
  test("the start belongs to a span, the end does not; outside of all nothing is known", () => {
    const at = labelAt([label(10, 20, "anomalous", 1), label(20, 30, "normal", 1)]);
    expect([9, 10, 19, 20, 29, 30].map(at)).toEqual([null, 1, 1, 0, 0, null]);
    expect([0, 5].map(labelAt([]))).toEqual([null, null]);
  });

  test("where labels overlap the one made last holds, of those made at once the shorter one", () => {
    const wide = label(0, 100, "normal", 1);
    expect([10, 45, 90].map(labelAt([wide, label(40, 50, "anomalous", 2)]))).toEqual([0, 1, 0]);
    expect([10, 45, 90].map(labelAt([{ ...wide, createdAtMs: 3 }, label(40, 50, "anomalous", 2)]))).toEqual([0, 0, 0]);
    expect([10, 45, 90].map(labelAt([label(40, 50, "anomalous", 1), wide]))).toEqual([0, 1, 0]);
    expect([4, 5].map(labelAt([label(5, 10, "normal", 1), label(0, 5, "anomalous", 1)]))).toEqual([1, 0]);
  });

  test("says of every time what looking through all labels says", () => {
    const time = fc.integer({ min: 0, max: 30 });
    const any = fc
      .tuple(time, time, fc.constantFrom("anomalous" as const, "normal" as const))
      .filter(([from, to]) => from < to);
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (spans) => {
        const labels = spans.map(([from, to, kind], index) => label(from, to, kind, index));
        const at = labelAt(labels);
        for (let ms = -1; ms <= 31; ms++) {
          const last = labels.findLast(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
          expect(at(ms)).toBe(last ? (last.label === "anomalous" ? 1 : 0) : null);
        }
      }),
    );
  });
});
