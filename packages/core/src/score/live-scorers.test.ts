import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { challenge, normalValues } from "../../../../test/support/challenge.ts";
import { AppError } from "../errors.ts";
import { moveAlias } from "../register/aliases.ts";
import { scorerCache } from "../register/scorer-cache.ts";
import { readPoints } from "../store/read-series.ts";
import { isInCanary } from "./live-scorers.ts";

const CAUSE = { by: "test", reason: "test" };
const NARROW = { center: 50, scale: 10 };
const WIDE = { center: 50, scale: 20 };
const ENTITIES = Array.from({ length: 12 }, (_, n) => `machine-${n}`);

const withCanary = async (share: number, parts: object = {}) => {
  const rig = await challenge({ retraining: { canaryShare: share }, ...parts });
  await rig.register(NARROW);
  await rig.register(WIDE);
  await moveAlias(rig.ports, "host", "champion", 1, CAUSE, 1);
  await moveAlias(rig.ports, "host", "challenger", 2, CAUSE, 1);
  return rig;
};
const versionsOf = async ({ ports }: Awaited<ReturnType<typeof withCanary>>, entity: string) =>
  (await readPoints(ports.table, "host", entity)).map(({ modelVersion }) => modelVersion);

describe("a canary", () => {
  test("is a share of the entities by hash, always the same ones, and more of them for a larger share", () => {
    const entities = Array.from({ length: 4000 }, (_, n) => `i-${n}`);
    const within = (share: number) => entities.filter((entity) => isInCanary("host", entity, share));
    expect(within(0)).toEqual([]);
    // 25 % of 4,000, within four standard deviations of a binomial count.
    expect(Math.abs(within(0.25).length - 1000)).toBeLessThan(110);
    expect(within(0.5)).toEqual(expect.arrayContaining(within(0.25)));
  });

  test("scores its entities with the challenger, and says so in their points; the others keep the champion", async () => {
    const rig = await withCanary(0.3);
    await rig.live(normalValues(5, NARROW), undefined, ENTITIES);
    const inCanary = ENTITIES.filter((entity) => isInCanary("host", entity, 0.3));
    expect(inCanary.length).toBeGreaterThan(0);
    for (const entity of ENTITIES) {
      expect(await versionsOf(rig, entity)).toEqual(Array(5).fill(inCanary.includes(entity) ? 2 : 1));
    }
  });

  test("whose challenger cannot be had, has other features or is the champion by now leaves its entities to the champion", async () => {
    const failures = [new AppError("UNAVAILABLE", "away"), new AppError("CORRUPT", "damaged"), new Error("odd")];
    for (const failure of failures) {
      const rig = await withCanary(0.5);
      const own = scorerCache(rig.ports, { maxAgeMs: 0 });
      const scorerOf: typeof own = async (name, alias) => {
        if (alias === "challenger") throw failure;
        return await own(name);
      };
      const { unusableModels } = await rig.live(normalValues(3, NARROW), scorerOf, ENTITIES);
      expect(unusableModels).toEqual([{ detector: "host", reason: `challenger: ${failure.message}` }]);
      for (const entity of ENTITIES) expect(await versionsOf(rig, entity)).toEqual([1, 1, 1]);
    }
    const rig = await withCanary(0.5);
    await moveAlias(rig.ports, "host", "challenger", 1, CAUSE, 2);
    await rig.live(normalValues(3, NARROW), undefined, ENTITIES);
    await moveAlias(rig.ports, "host", "challenger", null, CAUSE, 3);
    await rig.live(normalValues(3, NARROW), undefined, ENTITIES);
    for (const entity of ENTITIES) expect(await versionsOf(rig, entity)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("asks for no challenger where a detector has none", async () => {
    const rig = await challenge();
    await rig.register(NARROW);
    await moveAlias(rig.ports, "host", "champion", 1, CAUSE, 1);
    const asked: unknown[] = [];
    const own = scorerCache(rig.ports, { maxAgeMs: 0 });
    await rig.live(normalValues(3, NARROW), async (name, alias) => {
      asked.push(alias);
      return await own(name);
    });
    expect(asked).toEqual([undefined]);
  });
});

test("wherever aliases move, each row has the score that its version gives to all of its window: never half of each", async () => {
  const entity = ENTITIES.find((one) => isInCanary("host", one, 0.5))!;
  const rows = 40;
  const values = normalValues(rows, WIDE, 5);
  const alone = async (version: number) => {
    const rig = await withCanary(0, { shingleSize: 3 });
    await moveAlias(rig.ports, "host", "champion", version, CAUSE, 2);
    await rig.live(values, undefined, [entity]);
    return await readPoints(rig.ports.table, "host", entity);
  };
  const pure = new Map([
    [1, await alone(1)],
    [2, await alone(2)],
  ]);
  expect(pure.get(1)!.at(-1)!.score).not.toBe(pure.get(2)!.at(-1)!.score);
  const move = fc.record({ rows: fc.integer({ min: 1, max: 8 }), version: fc.constantFrom(1, 2) });
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 10 }), fc.boolean(), async (moves, byCanary) => {
      const rig = await withCanary(byCanary ? 0.5 : 0, { shingleSize: 3 });
      let at = 0;
      for (const [index, step] of moves.entries()) {
        await moveAlias(rig.ports, "host", "champion", step.version, CAUSE, index + 2);
        await rig.live(values.slice(at, at + step.rows), undefined, [entity]);
        at += step.rows;
      }
      for (const { row, score, modelVersion } of await readPoints(rig.ports.table, "host", entity)) {
        expect(score).toBe(pure.get(modelVersion)![row]!.score);
      }
    }),
    { numRuns: 25 },
  );
});
