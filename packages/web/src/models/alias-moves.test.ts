import { expect, test } from "vitest";
import { mergeMoves, moveText, moveTo } from "./alias-moves.ts";

const move = (alias: string, before: number | null, version: number | null, sinceMs: number, reason = "") => ({
  ...{ alias, before, version, sinceMs, reason, by: "key ci", evidence: null },
});

test("moves are listed newest first, each once, as it was read last", () => {
  const known = [move("champion", 3, 4, 2000), move("champion", null, 3, 1000)];
  const merged = mergeMoves(known, [move("challenger", 4, null, 3000), move("champion", 3, 4, 2000, "it won")]);
  expect(merged.map(({ alias, version, reason }) => [alias, version, reason])).toEqual([
    ["challenger", null, ""],
    ["champion", 4, "it won"],
    ["champion", 3, ""],
  ]);
});

test("why an alias names its version is told by that very move, not by an earlier one to the same version", () => {
  const moves = [move("champion", 4, 3, 3000, "rolled back"), move("champion", 2, 3, 1000, "it won")];
  expect(moveTo(moves, "champion", { version: 3, sinceMs: 3000 })?.reason).toBe("rolled back");
  expect(moveTo(moves, "champion", { version: 3, sinceMs: 9000 })).toBeUndefined();
  expect(moveTo(moves, "previous", { version: 3, sinceMs: 3000 })).toBeUndefined();
});

test.each([
  [{ before: 3, version: 4 }, "3 → 4"],
  [{ before: null, version: 1 }, "none → 1"],
  [{ before: 5, version: null }, "5 → none"],
])("a move reads from where to where: %j", (moved, text) => {
  expect(moveText(moved)).toBe(text);
});
