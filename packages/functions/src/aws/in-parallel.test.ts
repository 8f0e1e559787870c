import { expect, test } from "vitest";
import { inParallel } from "./in-parallel.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("results are in the order of the items, and no more than the limit are under way", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3, 0], 3, async (turns) => {
    most = Math.max(most, ++running);
    for (let i = 0; i < turns; i++) await turn();
    running--;
    return turns * 10;
  });
  expect([results, most]).toEqual([[50, 10, 40, 20, 30, 0], 3]);
});

test("a failure is thrown when what is under way is done, and nothing else is begun", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const running = inParallel([0, 1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    if (item === 0) throw new Error("refused");
    await turn();
    await turn();
    ended.push(item);
  });
  await expect(running).rejects.toThrow("refused");
  expect([begun, ended]).toEqual([[0, 1], [1]]);
});
