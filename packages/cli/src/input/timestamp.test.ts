import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "./timestamp.ts";

const NOON = Date.UTC(2026, 10, 20, 12, 0, 0);

describe("parseTimestamp", () => {
  it.each([
    ["2026-11-20T12:00:00Z", NOON],
    ["2026-11-20t12:00:00z".toUpperCase(), NOON],
    ["2026-11-20T14:00:00+02:00", NOON],
    ["2026-11-20T14:00:00+0200", NOON],
    ["2026-11-20 12:00:00", NOON],
    ["2026-11-20 12:00", NOON],
    ["2026-11-20", NOON - 12 * 3_600_000],
    ["2026-11-20 12:00:00.25", NOON + 250],
    ["2026-11-20 12:00:00.123456789", NOON + 123],
    ["1795176000", NOON],
    ["1795176000.5", NOON + 500],
    ["1795176000000", NOON],
    ["  2026-11-20T12:00:00Z ", NOON],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
  ])("reads %s", (text, ms) => {
    expect(parseTimestamp(text)).toBe(ms);
  });

  it.each([
    "",
    "yesterday",
    "2026-13-01",
    "2026-02-30 10:00:00",
    "2026-11-20 25:00:00",
    "12:00",
    "1e12",
    "0x10",
    "-5",
    "100",
    "9999-01-01",
    "NaN",
  ])("refuses %j", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it("reads back every instant that it can express, as text and as milliseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2100, 0, 1) - 1 }), (ms) => {
        expect(parseTimestamp(new Date(ms).toISOString())).toBe(ms);
        expect(parseTimestamp(String(ms))).toBe(ms);
      }),
    );
  });
});
