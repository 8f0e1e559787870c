import type { Put, PutCondition, Table } from "@tidewatch/core/store/ports";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

type ModelPut = { sk: string; version: number; condition: PutCondition; lives: boolean };

const applyToModel = (model: Map<string, number>, put: ModelPut): "written" | "conflict" => {
  const { condition } = put;
  const found = model.get(put.sk);
  if (condition.kind === "absent" && found !== undefined) return "conflict";
  if (condition.kind === "version" && found !== condition.version) return "conflict";
  if (put.lives) model.set(put.sk, put.version);
  else model.delete(put.sk);
  return "written";
};

/** A table against a map: the part of its contract that examples cannot cover. */
export const tableModelLaw = (
  name: string,
  withTable: (run: (table: Table, clock: { nowMs: number }) => Promise<void>) => Promise<void>,
): void => {
  describe(`${name}: as a model says`, () => {
    it("any sequence of puts has the outcomes and leaves the items that a map would", async () => {
      const key = fc.constantFrom("a", "b", "é", "🌊");
      const condition = fc.oneof(
        fc.constantFrom<PutCondition>({ kind: "any" }, { kind: "absent" }),
        fc.integer({ min: 0, max: 3 }).map((version): PutCondition => ({ kind: "version", version })),
      );
      const onePut = fc.record({ sk: key, version: fc.integer({ min: 0, max: 3 }), condition, lives: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(onePut, { maxLength: 6 }), { maxLength: 6 }), async (calls) => {
          await withTable(async (table, { nowMs }) => {
            const model = new Map<string, number>();
            for (const call of calls) {
              const expected = call.map((given) => applyToModel(model, given));
              const puts = call.map(
                (given): Put => ({
                  item: { pk: "p", sk: given.sk, version: given.version, expiresAtMs: nowMs + (given.lives ? 1 : 0) },
                  condition: given.condition,
                }),
              );
              expect(await table.putMany(puts)).toEqual(expected);
            }
            const left = (await table.query({ pk: "p", limit: 100 })).map((item) => [item.sk, item.version]);
            expect(left).toEqual([...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
          });
        }),
        { numRuns: 40 },
      );
    });
  });
};
