import { expect, test } from "vitest";
import { lineDigest } from "./digest.ts";

const event = { type: "log", entity: "web", timestamp: 1_700_000_000_000, message: "it began" } as const;

test("equal events have equal digests, whatever their tags", () => {
  expect(lineDigest({ ...event, tags: { stream: "a" } })).toBe(lineDigest(event));
});

test("each part tells events apart, and none runs into the next", () => {
  const others = [
    event,
    { ...event, entity: "we", session: "b" },
    { ...event, session: "b" },
    { ...event, timestamp: event.timestamp + 1 },
    { ...event, message: "it begam" },
    { ...event, entity: "web1", timestamp: 700_000_000_000 },
  ];
  expect(new Set(others.map(lineDigest)).size).toBe(others.length);
});

test("it is 32 bits, unsigned, and the same everywhere", () => {
  for (let index = 0; index < 200; index++) {
    const digest = lineDigest({ ...event, message: `line ${index}` });
    expect(Number.isInteger(digest) && digest >= 0 && digest < 2 ** 32).toBe(true);
  }
  // By ten lines of Python, which has no 32-bit integers to go wrong.
  expect(lineDigest(event)).toBe(3_736_166_495);
});
