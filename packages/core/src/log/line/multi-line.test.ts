import { expect, test } from "vitest";
import { detectFormat } from "./detect.ts";
import { endLines, joinLine, type LogRecord, lineJoiner } from "./multi-line.ts";

const clock = { nowMs: Date.UTC(2026, 10, 21), zoneMinutes: 0 };
const recordsOf = (lines: readonly string[]): LogRecord[] => {
  const joiner = lineJoiner(detectFormat(lines, clock), clock);
  const records = lines.map((line) => joinLine(joiner, line));
  return [...records, endLines(joiner)].filter((record) => record !== undefined);
};
const told = (lines: readonly string[]) =>
  recordsOf(lines).map(({ line, lines: count, message }) => [line, count, message]);

test("stack traces belong to the line before them", () => {
  const trace = ["java.io.IOException: gone", "\tat a.b.C(C.java:12)", "\t... 3 more", "Caused by: d.E: why"];
  const lines = ["2023-01-01 12:00:00 ERROR a.B: failed\r", ...trace, "2023-01-01 12:00:01 INFO a.B: on"];
  expect(told(lines)).toEqual([
    [1, 5, "failed"],
    [6, 1, "on"],
  ]);
  expect(recordsOf(lines)[0]!.text).toBe(["2023-01-01 12:00:00 ERROR a.B: failed", ...trace].join("\n"));
});

test("in a log without headers, only what looks like a continuation is one", () => {
  expect(told(["first", "  indented", "Caused by: x", "}", "second", "Traceback (most recent call last):"])).toEqual([
    [1, 4, "first"],
    [5, 2, "second"],
  ]);
  expect(told(["  indented from the start", "next"])).toEqual([
    [1, 1, "  indented from the start"],
    [2, 1, "next"],
  ]);
});

test("a line without a header before any event is an event of its own", () => {
  const lines = ["--- log opened", "2023-01-01 12:00:00 INFO a.B: x", "2023-01-01 12:00:01 INFO a.B: y"];
  expect(told(lines).map(([, , message]) => message)).toEqual(["--- log opened", "x", "y"]);
});

test("parts of a container's line are one message, and its traces are joined", () => {
  const at = "2016-10-06T00:17:09.669794202Z stdout";
  expect(told([`${at} P one `, `${at} P two `, `${at} F three`, `${at} F   at four`, `${at} F five`])).toEqual([
    [1, 4, "one two three"],
    [5, 1, "five"],
  ]);
});

test("an endless event stays one, and small", () => {
  const records = recordsOf([
    "start",
    ...Array.from({ length: 2000 }, () => `  ${"x".repeat(100)}`),
    "y".repeat(100_000),
  ]);
  expect(records.map(({ lines }) => lines)).toEqual([2001, 1]);
  expect(records.every(({ text }) => text.length <= 32_768)).toBe(true);
});

test("an empty log has no events", () => {
  expect(recordsOf([])).toEqual([]);
});
