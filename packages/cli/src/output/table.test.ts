import { expect, it } from "vitest";
import { table } from "./table.ts";

it("aligns text left and numbers right, and shows what is absent as a dash", () => {
  const text = table(
    ["name", "rows", "note"],
    [
      ["a", 12_345, null],
      ["longer", 6, "fine"],
    ],
  );
  expect(text).toBe(["name      rows  note", "a       12,345  –", "longer       6  fine"].join("\n"));
});
