import { expect, it } from "vitest";
import { printable } from "./printable.ts";

it("shows what a terminal would obey or hide, and leaves all else", () => {
  expect(printable("\u001b[31mred\u0007 a\u202eb\r\u009b")).toBe("\\u{1b}[31mred\\u{7} a\\u{202e}b\\u{d}\\u{9b}");
  expect(printable("é 漢 😀\nsecond line ×")).toBe("é 漢 😀\nsecond line ×");
});
