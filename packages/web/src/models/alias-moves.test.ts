import { expect, test } from "vitest";
import { mergeMoves, moveText, presentMove } from "./alias-moves.ts";

const move = (alias: string, revision: number, version: number | null, sinceMs = revision * 1000) => ({
  ...{ alias, revision, version, sinceMs },
});

test("moves are listed newest first, each once, as it was read last", () => {
  const known = [move("champion", 2, 4), move("champion", 1, 3)];
  const again = { ...move("champion", 2, 4), reason: "it won" };
  expect(
    mergeMoves(known, [move("challenger", 5, null), again]).map(({ alias, revision, ...rest }) => [
      `${alias} ${revision}`,
      "reason" in rest,
    ]),
  ).toEqual([
    ["challenger 5", false],
    ["champion 2", true],
    ["champion 1", false],
  ]);
});

test("what an alias names now is its last move, by the count of its moves and not by a clock", () => {
  const moves = [move("champion", 3, 7, 5000), move("champion", 2, 6, 9000), move("challenger", 2, null)];
  expect(presentMove(moves, "champion")?.version).toBe(7);
  expect(presentMove(moves, "challenger")).toBeUndefined();
  expect(presentMove(moves, "previous")).toBeUndefined();
});

test.each([
  [{ before: 3, version: 4 }, "version 3 → 4"],
  [{ before: null, version: 1 }, "none → version 1"],
  [{ version: 1 }, "none → version 1"],
  [{ before: 5, version: null }, "version 5 → none"],
  [{ before: null, version: null }, "none"],
])("a move reads from where to where: %j", (moved, text) => {
  expect(moveText(moved)).toBe(text);
});
