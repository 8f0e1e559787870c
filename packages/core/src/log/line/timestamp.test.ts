import { expect, test } from "vitest";
import { timestampAt, timestampOf } from "./timestamp.ts";

const clock = { nowMs: Date.UTC(2026, 10, 21), zoneMinutes: 0 };
const iso = (text: string, of = clock) => {
  const ms = timestampOf(text, of);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

test("times in the forms that logs use", () => {
  const known: [string, string][] = [
    ["2015-07-29T17:41:44Z", "2015-07-29T17:41:44.000Z"],
    ["2015-07-29T17:41:44.747123456+01:00", "2015-07-29T16:41:44.747Z"],
    ["2015-07-29 17:41:44,747", "2015-07-29T17:41:44.747Z"],
    ["2015/07/29 17:41", "2015-07-29T17:41:00.000Z"],
    ["2015.07.29_17:41:00 UTC", "2015-07-29T17:41:00.000Z"],
    ["10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36.000Z"],
    ["Sun Dec 04 04:47:44 2005", "2005-12-04T04:47:44.000Z"],
    ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
    ["Jun  7, 2005 07:07:00", "2005-06-07T07:07:00.000Z"],
    ["Jun 14 15:16:01", "2026-06-14T15:16:01.000Z"],
    ["03-17 16:13:38.811", "2026-03-17T16:13:38.811Z"],
    ["17/06/09 20:10:40", "2017-06-09T20:10:40.000Z"],
    ["081109 203615", "2008-11-09T20:36:15.000Z"],
    ["1117838570", "2005-06-03T22:42:50.000Z"],
    ["1117838570.25", "2005-06-03T22:42:50.250Z"],
    ["1763632800123", "2025-11-20T10:00:00.123Z"],
    ["1763632800123456", "2025-11-20T10:00:00.123Z"],
    ["1763632800123456789", "2025-11-20T10:00:00.123Z"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"],
  ];
  for (const [text, expected] of known) expect([text, iso(text)]).toEqual([text, expected]);
});

test("a year that is left out is the latest that is not after tomorrow", () => {
  expect(iso("Nov 22 00:00:00")).toBe("2026-11-22T00:00:00.000Z");
  expect(iso("Nov 22 00:00:01")).toBe("2025-11-22T00:00:01.000Z");
  expect(iso("Dec 31 23:59:59")).toBe("2025-12-31T23:59:59.000Z");
  expect(iso("Feb 29 12:00:00")).toBe("2024-02-29T12:00:00.000Z");
  const newYear = { nowMs: Date.UTC(2026, 11, 31, 23, 59), zoneMinutes: 0 };
  expect(iso("Jan  1 00:10:00", newYear)).toBe("2027-01-01T00:10:00.000Z");
});

test("a zone that is left out is the clock's", () => {
  expect(iso("2015-07-29 17:41:44", { ...clock, zoneMinutes: 120 })).toBe("2015-07-29T15:41:44.000Z");
  expect(iso("2015-07-29 17:41:44Z", { ...clock, zoneMinutes: 120 })).toBe("2015-07-29T17:41:44.000Z");
});

test("what is no time is none", () => {
  for (const text of ["", "2015-13-29 17:41:44", "2015-02-30 17:41:44", "2015-02-03 25:00:00", "Foo 14 15:16:01"]) {
    expect([text, iso(text)]).toEqual([text, undefined]);
  }
  expect(iso("Feb 31 12:00:00")).toBeUndefined();
  expect(iso("2015-07-29 17:41:44 and more")).toBeUndefined();
  expect(timestampAt("at 2015-07-29 17:41:44 it", 3, clock)?.end).toBe(22);
});
