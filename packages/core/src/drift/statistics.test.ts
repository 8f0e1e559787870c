import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptDiscoveries } from "./false-discovery.ts";
import { fromFloat16, toFloat16 } from "./float16.ts";
import { HOUR_MS, type HourBlock, hourBlocks, mergeBlocks, NOTHING, packBlocks, unpackBlocks } from "./hour.ts";
import { packHours, pooler, unpackHours } from "./pool.ts";
import { movingWindows, referenceOf } from "./reference.ts";
import { shapeOf } from "./shape.ts";
import { medianOf, poolWindow, RULES } from "./statistics.ts";
import { studentTail } from "./student.ts";

const ONE = { center: 0, scale: 1 };

describe("binary16", () => {
  test("has the values of IEEE 754", () => {
    const known = [
      [0, 0],
      [1, 0x3c00],
      [-2, 0xc000],
      [65_504, 0x7bff],
      [2 ** -14, 0x0400],
      [2 ** -24, 1],
      [0.1, 0x2e66],
      [1e9, 0x7bff],
    ] as const;
    for (const [value, bits] of known) expect(toFloat16(value)).toBe(bits);
    expect(fromFloat16(0x7c00)).toBe(Number.POSITIVE_INFINITY);
    expect(toFloat16(2 ** -25)).toBe(0);
    expect(toFloat16(3 * 2 ** -25)).toBe(2);
    expect(toFloat16(-0)).toBe(0x8000);
    expect(fromFloat16(toFloat16(Number.NaN))).toBeNaN();
  });

  test("every finite pattern is read as the number that is written as it", () => {
    const all = Array.from({ length: 0x10000 }, (_, bits) => bits);
    expect(all.filter((bits) => Number.isFinite(fromFloat16(bits)) && toFloat16(fromFloat16(bits)) !== bits)).toEqual(
      [],
    );
  });
});

describe("hours", () => {
  test("hold counts, mean z and mean movement; what is far off counts as 8", () => {
    const values = [1, 3, Number.NaN, 100];
    const at = [0, 1000, 2000, HOUR_MS];
    const blocks = hourBlocks(at, (row) => values[row]!, { center: 1, scale: 2 }, { fromMs: 0, hours: 3 });
    expect(blocks).toEqual([
      { values: 2, missing: 1, level: 0.5, noise: 0.5 },
      { values: 1, missing: 0, level: 8, noise: 7 },
      NOTHING,
    ]);
  });

  test("rows before the first hour say only what the first value is compared with", () => {
    const [block] = hourBlocks([-1000, 0], (row) => row, ONE, { fromMs: 0, hours: 1 });
    expect(block).toEqual({ values: 1, missing: 0, level: 1, noise: 1 });
  });

  const block = fc.oneof(
    fc.record({
      values: fc.integer({ min: 1, max: 2000 }),
      missing: fc.nat(2000),
      level: fc.double({ min: -8, max: 8, noNaN: true }),
      noise: fc.double({ min: 0, max: 16, noNaN: true }),
    }),
    fc.constant(NOTHING),
  );
  const close = (a: HourBlock, b: HourBlock, share: number) => {
    expect([a.values, a.missing]).toEqual([b.values, b.missing]);
    for (const key of ["level", "noise"] as const) {
      if (Number.isNaN(b[key])) expect(a[key]).toBeNaN();
      else expect(Math.abs(a[key] - b[key])).toBeLessThanOrEqual(share * Math.max(1e-4, Math.abs(b[key])));
    }
  };

  test("merging does not mind the order or the grouping, and nothing adds nothing", () => {
    fc.assert(
      fc.property(block, block, block, (a, b, c) => {
        close(mergeBlocks(a, b), mergeBlocks(b, a), 1e-9);
        const [left, right] = [mergeBlocks(mergeBlocks(a, b), c), mergeBlocks(a, mergeBlocks(b, c))];
        expect(left.values).toBe(right.values);
        if (left.values > 0) expect(left.level).toBeCloseTo(right.level, 9);
        close(mergeBlocks(a, NOTHING), a, 1e-9);
      }),
    );
  });

  test("two parts of an hour merge to the whole, but for the movement between them", () => {
    const z = fc.double({ min: -8, max: 8, noNaN: true });
    fc.assert(
      fc.property(fc.array(z, { minLength: 2, maxLength: 40 }), fc.nat(38), (values, cut) => {
        const at = values.map((_, row) => row * 1000);
        const of = (from: number, to: number) =>
          hourBlocks(at.slice(from, to), (row) => values[from + row]!, ONE, { fromMs: 0, hours: 1 })[0]!;
        const split = 1 + (cut % (values.length - 1));
        const [whole, parts] = [of(0, values.length), mergeBlocks(of(0, split), of(split, values.length))];
        expect(parts.level).toBeCloseTo(whole.level, 9);
        const between = Math.abs(values[split]! - values[split - 1]!) / values.length;
        expect(parts.noise + between).toBeCloseTo(whole.noise, 9);
      }),
    );
  });

  test("a packed hour has 8 bytes, whole counts, and means to half a per mille", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 5 }), (blocks) => {
        const bytes = packBlocks(blocks);
        expect(bytes.length).toBe(8 * blocks.length);
        unpackBlocks(bytes).forEach((read, at) => {
          close(read, blocks[at]!, 2 ** -10);
        });
      }),
    );
  });

  test("pooled, each series counts the same, and one without values moves only the counts", () => {
    const pool = pooler(1, 1);
    pool.add([[{ values: 60, missing: 0, level: 2, noise: 1 }]]);
    pool.add([[{ values: 2, missing: 2, level: 0, noise: 0 }]]);
    pool.add([[NOTHING]]);
    expect(pool.pooled()).toEqual([[{ values: 62 / 3, missing: 2 / 3, level: 1, noise: 0.5 }]]);
    expect(unpackHours(packHours([[NOTHING], [NOTHING]]), 2)).toEqual([[NOTHING], [NOTHING]]);
  });
});

describe("statistics of an hour", () => {
  const of = (statistic: keyof typeof RULES, parts: Partial<HourBlock>) =>
    RULES[statistic].of({ ...NOTHING, ...parts });
  test("are what the formulas say", () => {
    expect(of("level", { level: 1.5 })).toBe(1.5);
    expect(of("noise", { noise: 0.98 })).toBe(0);
    expect(of("volume", { values: 6, missing: 3 })).toBe(Math.log(10));
    expect(of("missing", { values: 3, missing: 1 })).toBeCloseTo(Math.PI / 6);
    expect(of("missing", {})).toBeNaN();
  });
  test("a window with more unknown than known hours says nothing", () => {
    expect(poolWindow([1, Number.NaN, 3], "mean")).toBe(2);
    expect(poolWindow([1, Number.NaN, Number.NaN], "mean")).toBeNaN();
    expect(medianOf([4, 1, Number.NaN, 3])).toBe(3);
    expect(medianOf([4, 1])).toBe(2.5);
    expect(medianOf([])).toBeNaN();
  });
});

describe("the reference", () => {
  const rule = RULES.level;
  const day = Array.from({ length: 24 }, (_, hour) => Math.sin((hour / 12) * Math.PI));
  test("knows the hour of the day where days are alike, whatever hour it begins at", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 2, max: 6 }), (slot, days) => {
        const hours = Array.from({ length: 24 * days }, (_, at) => day[(at + slot) % 24]!);
        const { profile, rms, tail } = referenceOf(hours, rule, slot);
        profile.forEach((value, hour) => {
          expect(value).toBeCloseTo(0.25 * day[(hour + 23) % 24]! + 0.5 * day[hour]! + 0.25 * day[(hour + 1) % 24]!);
        });
        expect(rms).toBeLessThan(0.02);
        expect(tail.length).toBe(rule.window - 1);
      }),
    );
  });
  test("takes one level where the hour of the day tells nothing", () => {
    const hours = Array.from({ length: 96 }, (_, at) => ((at * 7919) % 31) / 31);
    const { profile } = referenceOf(hours, rule);
    expect(new Set(profile).size).toBe(1);
  });
  test("never is stricter than its own windows, nor than the least effect", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 48, maxLength: 96 }), (values) => {
        const hours = values.slice(0, 24 * Math.floor(values.length / 24));
        const { limit, rms, freedom } = referenceOf(hours, rule);
        expect(limit).toBeGreaterThanOrEqual(rule.leastEffect);
        expect(limit).toBeGreaterThanOrEqual(rms);
        expect(freedom).toBe(hours.length / 6 - 1);
      }),
    );
  });
  test("one day is held against its own median; hours without values are left out", () => {
    const { profile, limit } = referenceOf([...day.slice(0, 12), ...new Array<number>(12).fill(Number.NaN)], rule);
    expect(profile[0]).toBeCloseTo(medianOf(day.slice(0, 12)));
    expect(limit).toBeGreaterThanOrEqual(1.2);
    expect(referenceOf(new Array<number>(48).fill(Number.NaN), rule)).toMatchObject({ limit: 1.2, freedom: 7 });
  });
  test("windows move hour by hour", () => {
    expect(movingWindows([1, 2, 6, 1], { ...rule, window: 3, pool: "median" })).toEqual([2, 2]);
    expect(movingWindows([1], rule)).toEqual([]);
  });
});

test("the tail of Student's t is SciPy's (1.17.1, 2 * scipy.stats.t.sf)", () => {
  const known = [
    [2.262157, 9, 0.05000001330443163],
    [1, 3, 0.3910022189557705],
    [5.5, 19, 2.6350028586908895e-5],
    [12, 60, 1.378632264181775e-17],
    [0.01, 19, 0.992125542002558],
  ] as const;
  for (const [t, freedom, p] of known) expect(Math.abs(studentTail(t, freedom) / p - 1)).toBeLessThan(1e-10);
  expect(studentTail(0, 5)).toBe(1);
  expect(studentTail(1e200, 5)).toBe(0);
});

describe("false discoveries", () => {
  test("of the example of Benjamini & Hochberg (1995, section 3) four hypotheses are kept", () => {
    const p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262];
    const kept = keptDiscoveries([...p, 0.5719, 0.6528, 0.759, 1], 0.05);
    expect(kept.flatMap((is, at) => (is ? [at] : []))).toEqual([0, 1, 2, 3]);
  });
  test("a smaller p is never dropped when a larger one is kept", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (p) => {
        const kept = keptDiscoveries(p, 0.05);
        const largest = Math.max(-1, ...p.filter((_, at) => kept[at]));
        expect(kept).toEqual(p.map((value) => value <= largest));
      }),
    );
  });
});

describe("the shape of a change", () => {
  const wobble = (hour: number) => 0.3 * Math.sin(hour * 12.9898);
  const hours = Array.from({ length: 61 }, (_, hour) => hour);
  test("a step is sudden, a ramp of a day is gradual, also where hours are unknown", () => {
    expect(shapeOf(hours.map((hour) => wobble(hour) + (hour >= 30 ? 3 : 0)))).toBe("sudden");
    const ramp = hours.map((hour) => wobble(hour) + 3 * Math.min(1, Math.max(0, (hour - 24) / 24)));
    expect(shapeOf(ramp)).toBe("gradual");
    expect(shapeOf(ramp.map((value, hour) => (hour % 5 ? value : Number.NaN)))).toBe("gradual");
  });
  test("of few hours it is not told", () => {
    expect(shapeOf(hours.slice(0, 11))).toBeUndefined();
  });
});
