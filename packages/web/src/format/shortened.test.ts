import { expect, test } from "vitest";
import { shortened } from "./shortened.ts";

test("a text that fits stays, a longer one ends with an ellipsis within the limit", () => {
  expect(shortened("disk <*> is full", 16)).toBe("disk <*> is full");
  expect(shortened("disk <*> is full", 10)).toBe("disk <*>…");
  expect(shortened("disk <*> is full", 7)).toBe("disk <…");
});

test("a character of two code units is never cut in half", () => {
  expect(shortened("🌊🌊🌊", 2)).toBe("🌊…");
});
