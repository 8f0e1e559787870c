import { expect, it } from "vitest";
import { fitted, table } from "./table.ts";

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

it("cuts lines to the width of a terminal, and of nothing else", () => {
  const text = `short\n${"x".repeat(30)}`;
  expect(fitted(text, { isTTY: true, columns: 10 })).toBe(`short\n${"x".repeat(9)}…`);
  expect(fitted(text, { isTTY: true, columns: 30 })).toBe(text);
  expect(fitted(text, { isTTY: false, columns: 10 })).toBe(text);
});
