import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bandInto, freshLevels, learn } from "./level.ts";

const learnt = (values: number[]) => {
  const levels = freshLevels(1);
  for (const value of values) learn(levels, Float64Array.of(value), 0);
  const band = new Float64Array(1);
  bandInto(levels, band);
  return { level: levels.levels[0]!, band: band[0]! };
};

describe("learn", () => {
  it("is the plain mean of the first rows", () => {
    expect(learnt([1, 2, 3, 6]).level).toBeCloseTo(3, 12);
  });

  it("knows a constant exactly", () => {
    expect(learnt(Array.from({ length: 100 }, () => 42))).toEqual({ level: 42, band: 0 });
  });

  it("makes a band of about three standard deviations of normal noise", () => {
    // Box–Muller over a Weyl sequence: noise that is the same in every run.
    const noise = Array.from({ length: 4000 }, (_, n) => {
      const [u, v] = [((n + 1) * 0.618033988749895) % 1, ((n + 1) * 0.7548776662466927) % 1];
      return 100 + 5 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
    });
    const { level, band } = learnt(noise);
    expect(Math.abs(level - 100)).toBeLessThan(2.5);
    expect(band).toBeGreaterThan(10);
    expect(band).toBeLessThan(20);
  });

  it("moves little for one wild row", () => {
    const calm = Array.from({ length: 60 }, (_, n) => 50 + (n % 2));
    expect(learnt([...calm, 1e6]).level).toBeLessThan(51);
  });

  it("follows a lasting change of something that was constant", () => {
    const { level } = learnt([...Array.from({ length: 200 }, () => 1), ...Array.from({ length: 400 }, () => 1000)]);
    expect(level).toBeGreaterThan(900);
  });

  it("stays finite for any finite values", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) => {
        const { level, band } = learnt(values);
        expect(Number.isFinite(level) && Number.isFinite(band)).toBe(true);
      }),
    );
  });
});
