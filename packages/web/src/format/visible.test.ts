import { expect, test } from "vitest";
import { visible } from "./visible.ts";

test("what is hidden in a log line is shown by its code", () => {
  expect(visible("a\u202eb\u0000\r")).toBe("a\\u{202e}b\\u{0}\\u{d}");
  expect(visible("é 漢 😀\n\tat line ×")).toBe("é 漢 😀\n\tat line ×");
});
