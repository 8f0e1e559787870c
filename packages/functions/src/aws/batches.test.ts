import fc from "fast-check";
import { expect, test } from "vitest";
import { batchesOf } from "./batches.ts";

test("batches hold every item once, in order, within both limits unless one item alone is too large", () => {
  const limits = fc.record({ count: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 30 }) });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40 })), limits, (sizes, limit) => {
      const batches = batchesOf(sizes, limit, (size) => size);
      expect(batches.flat()).toEqual(sizes);
      for (const batch of batches) {
        const bytes = batch.reduce((sum, size) => sum + size, 0);
        expect(batch.length).toBeLessThanOrEqual(limit.count);
        expect(batch.length > 0 && (batch.length === 1 || bytes <= limit.bytes)).toBe(true);
      }
      // No batch could have taken the first item of the next one.
      for (const [index, batch] of batches.slice(0, -1).entries()) {
        const bytes = [...batch, batches[index + 1]![0]!].reduce((sum, size) => sum + size, 0);
        expect(batch.length === limit.count || bytes > limit.bytes).toBe(true);
      }
    }),
  );
});
