import { expect, test } from "vitest";
import { Event } from "../../ingest/event.ts";
import { lineGrouper, logEventOf, zoneMinutesOf } from "./group-lines.ts";

const NOW_MS = Date.UTC(2026, 10, 21);
const grouped = (lines: readonly string[], zoneMinutes = 0) => {
  const grouper = lineGrouper(lines, { nowMs: NOW_MS, zoneMinutes });
  let bytes = 0;
  return lines.map((line) => {
    bytes += line.length + 1;
    const { begins, timestampMs } = grouper.take(line, bytes);
    if (begins) bytes = line.length + 1;
    return begins ? (timestampMs ?? "no time") : "goes on";
  });
};

test("lines with a header begin events, those without go on, by the clock of their zone", () => {
  const lines = [
    "--- opened",
    "2026-11-20 12:00:00 ERROR a.B: x",
    "java.io.E: gone",
    "2026-11-20 12:00:01 INFO a.B: y",
  ];
  const noon = Date.UTC(2026, 10, 20, 12);
  expect(grouped(lines)).toEqual(["no time", noon, "goes on", noon + 1000]);
  expect(grouped(lines, 120)[1]).toBe(noon - 7_200_000);
  expect(grouped(["one", "  more", "two"])).toEqual(["no time", "goes on", "no time"]);
});

test("an event that gets too long goes on as another one of the same time", () => {
  const trace = Array.from({ length: 10 }, () => `\tat ${"x".repeat(8000)}`);
  const noon = Date.UTC(2026, 10, 20, 12);
  expect(grouped(["2026-11-20 12:00:00 ERROR a.B: x", ...trace])).toEqual([
    ...[noon, "goes on", "goes on", "goes on", "goes on"],
    ...[noon, "goes on", "goes on", "goes on", noon, "goes on"],
  ]);
});

test("lines become a log event, with the time of arrival where theirs is none", () => {
  const event = logEventOf({ entity: "web" }, "a\r\n\tb\r", undefined, NOW_MS);
  expect(Event.parse(event)).toEqual({ type: "log", entity: "web", timestamp: NOW_MS, message: "a\n\tb" });
  expect(logEventOf({ entity: "web", session: "s" }, "a", 0, NOW_MS)).toMatchObject({
    session: "s",
    timestamp: NOW_MS,
  });
  expect(logEventOf({ entity: "web" }, "a", NOW_MS - 1, NOW_MS).timestamp).toBe(NOW_MS - 1);
  expect(logEventOf({ entity: "web" }, "a", Date.UTC(2200, 0), NOW_MS).timestamp).toBe(NOW_MS);
});

test("zones are offsets of UTC", () => {
  expect(["Z", "UTC", "+02:00", "-0330", "+14:00"].map(zoneMinutesOf)).toEqual([0, 0, 120, -210, 840]);
  for (const text of ["", "CET", "2", "+15:00", "+02:60", "+2:00"]) expect(zoneMinutesOf(text)).toBeUndefined();
});
