import { setTimeout as sleep } from "node:timers/promises";
import type { LogEvent } from "@tidewatch/core/ingest/event";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BadRow } from "./csv.ts";
import { logFileEvents } from "./log-file-events.ts";

const NOW_MS = Date.UTC(2026, 10, 21);
const AT = "2026-11-20 10:00:00,000";
const AT_MS = Date.UTC(2026, 10, 20, 10);

/** Chunks of the input; a number is a silence in milliseconds. */
async function* chunksOf(parts: readonly (string | number | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (typeof part === "number") await sleep(part);
    else yield Buffer.from(part);
  }
}
const read = async (parts: readonly (string | number | Uint8Array)[], idleMs = Number.POSITIVE_INFINITY) => {
  const [bad, formats]: [BadRow[], string[]] = [[], []];
  const events: (LogEvent & { line: number })[] = [];
  const options = {
    ...{ entity: "web", idleMs, clock: { nowMs: NOW_MS, zoneMinutes: 0 } },
    onBad: (one: BadRow) => bad.push(one),
    onFormat: (name: string) => formats.push(name),
  };
  for await (const { line, bytes } of logFileEvents(chunksOf(parts), options)) {
    events.push({ ...JSON.parse(Buffer.from(bytes).toString()), line });
  }
  return { events, bad, formats };
};

test("lines become events with the time of their header, traces joined, each with its first line's number", async () => {
  const { events, formats } = await read([`${AT} ERROR a.B: x\r\n  at c\r\n\r\n  at d\n`, `${AT} INFO a.B: y`]);
  const event = { type: "log", entity: "web", timestamp: AT_MS };
  expect(events).toEqual([
    { ...event, message: `${AT} ERROR a.B: x\n  at c\n  at d`, line: 1 },
    { ...event, message: `${AT} INFO a.B: y`, line: 5 },
  ]);
  expect(formats).toEqual(["header"]);
});

test("lines that cannot be sent are named, and part no event", async () => {
  const { events, bad } = await read([
    `${AT} ERROR a.B: x\n`,
    Uint8Array.of(0xff, 0x0a),
    `${"y".repeat(32_769)}\n  at c\n`,
  ]);
  expect(events.map(({ message }) => message)).toEqual([`${AT} ERROR a.B: x\n  at c`]);
  expect(bad).toEqual([
    { line: 2, reason: "it is not UTF-8" },
    { line: 3, reason: "it is longer than 32 KB" },
  ]);
});

test("after a silence an event is whole; what goes on later has its time", async () => {
  const { events } = await read([`${AT} ERROR a.B: x\n  at c\n`, 200, "  at d\n"], 50);
  expect(events.map(({ message, timestamp }) => [message, timestamp])).toEqual([
    [`${AT} ERROR a.B: x\n  at c`, AT_MS],
    ["  at d", AT_MS],
  ]);
});

test("a log that begins with something else is read anew when more lines tell its format", async () => {
  const lines = Array.from({ length: 10 }, (_, index) => `${AT} INFO a.B: ${index}\n`);
  const { events, formats } = await read(["--- log opened\n", 200, lines.join("")], 50);
  expect(formats).toEqual(["plain", "header"]);
  expect(events.map(({ message }) => `${message}\n`)).toEqual(["--- log opened\n", ...lines]);
  expect(events.at(-1)!.timestamp).toBe(AT_MS);
});

test("no line is lost or doubled, wherever chunks end and silences fall", async () => {
  const line = fc.constantFrom(`${AT} INFO a.B: x`, "  at c", "Caused by: y", "plain words", "");
  const part = fc.record({ lines: fc.array(line, { maxLength: 8 }), silence: fc.constantFrom(0, 0, 0, 12) });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      const chunks = parts.flatMap(({ lines, silence }) => [lines.map((text) => `${text}\n`).join(""), silence]);
      const { events } = await read(chunks, 5);
      const sent = events.flatMap(({ message }) => message.split("\n"));
      expect(sent).toEqual(parts.flatMap(({ lines }) => lines).filter((text) => text !== ""));
    }),
    { numRuns: 50 },
  );
});
