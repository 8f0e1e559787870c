import { join } from "node:path";
import { every, parseRate } from "@tidewatch/local/schedule/rate";
import { openSchedules, type SetTimer } from "@tidewatch/local/schedule/schedule";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** A clock whose timers fire as it is moved, and that lets what they started settle. */
const handClock = (startMs: number) => {
  const clock = { nowMs: startMs };
  const timers = new Set<{ atMs: number; callback: () => void }>();
  const setTimer: SetTimer = (callback, delayMs) => {
    const timer = { atMs: clock.nowMs + delayMs, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const advance = async (ms: number) => {
    const endMs = clock.nowMs + ms;
    for (;;) {
      await new Promise(setImmediate);
      const [next] = [...timers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      clock.nowMs = Math.max(clock.nowMs, next.atMs);
      timers.delete(next);
      next.callback();
    }
    clock.nowMs = endMs;
  };
  return { clock, setTimer, advance, now: () => clock.nowMs, pending: () => timers.size };
};

describe("schedules", () => {
  const START_MS = 1_000_000;
  let folder: ReturnType<typeof temporaryFolder>;
  let hand: ReturnType<typeof handClock>;
  let errors: string[];
  const open = () =>
    openSchedules(join(folder.path, "schedules.sqlite"), {
      now: hand.now,
      setTimer: hand.setTimer,
      onError: (name, error) => errors.push(`${name}: ${(error as Error).message}`),
    });
  beforeEach(() => {
    folder = temporaryFolder();
    hand = handClock(START_MS);
    errors = [];
  });
  afterEach(() => folder.remove());

  it("run one period after they are first seen, and then every period", async () => {
    const schedules = open();
    const runs: number[] = [];
    schedules.add("job", every(10), async (dueMs) => void runs.push(dueMs - START_MS));
    await hand.advance(9_999);
    expect(runs).toEqual([]);
    await hand.advance(20_001);
    expect(runs).toEqual([10_000, 20_000, 30_000]);
    await schedules.close();
    await hand.advance(60_000);
    expect(runs).toHaveLength(3);
    expect(hand.pending()).toBe(0);
  });

  it("keep their rhythm across a restart", async () => {
    const first = open();
    const runs: number[] = [];
    const job = async () => void runs.push(hand.clock.nowMs - START_MS);
    first.add("job", every(10), job);
    await hand.advance(14_000);
    await first.close();
    const second = open();
    second.add("job", every(10), job);
    await hand.advance(6_000);
    expect(runs).toEqual([10_000, 20_000]);
    await second.close();
  });

  it("make up for all missed runs by one at start", async () => {
    const first = open();
    const runs: number[] = [];
    const job = async () => void runs.push(hand.clock.nowMs - START_MS);
    first.add("job", every(10), job);
    await first.close();
    hand.clock.nowMs += 75_000;
    const second = open();
    second.add("job", every(10), job);
    await hand.advance(9_999);
    expect(runs).toEqual([75_000]);
    await hand.advance(1);
    expect(runs).toEqual([75_000, 85_000]);
    await second.close();
  });

  it("never overlap; a run that took too long is followed at once by one for all those missed", async () => {
    const schedules = open();
    const started: number[] = [];
    let finish = () => {};
    schedules.add("job", every(10), () => {
      started.push(hand.clock.nowMs - START_MS);
      return new Promise((resolve) => {
        finish = () => resolve();
      });
    });
    await hand.advance(45_000);
    expect(started).toEqual([10_000]);
    finish();
    await hand.advance(0);
    expect(started).toEqual([10_000, 45_000]);
    finish();
    await hand.advance(9_999);
    expect(started).toHaveLength(2);
    await hand.advance(1);
    expect(started).toEqual([10_000, 45_000, 55_000]);
    finish();
    await schedules.close();
  });

  it("run again at the next start when the process ended half-way", async () => {
    const first = open();
    first.add("job", every(10), () => new Promise(() => {}));
    await hand.advance(10_000);
    // Not closed: the process is killed.
    const second = open();
    const runs: number[] = [];
    second.add("job", every(10), async (dueMs) => void runs.push(dueMs - START_MS));
    await hand.advance(0);
    expect(runs).toEqual([10_000]);
    await second.close();
  });

  it("report a job that throws, and run it one period later", async () => {
    const schedules = open();
    let runs = 0;
    schedules.add("job", every(10), async () => {
      runs++;
      throw new Error("no data");
    });
    schedules.add("other", every(10), async () => {});
    await hand.advance(20_000);
    expect([runs, errors]).toEqual([2, ["job: no data", "job: no data"]]);
    await schedules.close();
  });

  it("go on when the clock is set back", async () => {
    const schedules = open();
    schedules.add("job", every(10), async () => {});
    await hand.advance(10_000);
    await schedules.close();
    hand.clock.nowMs -= 3_600_000;
    const again = open();
    let runs = 0;
    again.add("job", every(10), async () => void runs++);
    await hand.advance(10_000);
    expect(runs).toBe(1);
    await again.close();
  });

  it("go on when the clock is set back while they wait", async () => {
    const schedules = open();
    let runs = 0;
    schedules.add("job", every(3600), async () => void runs++);
    hand.clock.nowMs -= 7_200_000;
    await hand.advance(3_600_000 + 7_200_000);
    // A timer of before ends within a minute of the new time's period.
    expect(runs).toBeGreaterThanOrEqual(1);
    await schedules.close();
  });

  it("take periods longer than a timer can wait", async () => {
    const schedules = open();
    let runs = 0;
    schedules.add("job", parseRate("rate(60 days)"), async () => void runs++);
    await hand.advance(60 * 86_400_000 - 1);
    expect(runs).toBe(0);
    await hand.advance(1);
    expect(runs).toBe(1);
    await schedules.close();
  });

  it("close waits for the run that is at work", async () => {
    const schedules = open();
    let finish = () => {};
    schedules.add("job", every(10), () => new Promise((resolve) => (finish = () => resolve())));
    await hand.advance(10_000);
    let closed = false;
    const closing = schedules.close().then(() => {
      closed = true;
    });
    await hand.advance(0);
    expect(closed).toBe(false);
    finish();
    await closing;
    expect(closed).toBe(true);
  });

  it("refuse a name twice", async () => {
    const schedules = open();
    schedules.add("job", every(10), async () => {});
    expect(() => schedules.add("job", every(10), async () => {})).toThrowError(/a schedule job already/);
    await schedules.close();
  });
});

describe("rates", () => {
  it("are read as EventBridge reads them", () => {
    expect(["rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(7 days)"].map(parseRate)).toEqual([
      60_000, 300_000, 3_600_000, 604_800_000,
    ]);
  });

  it("that EventBridge refuses are refused", () => {
    const bad = ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(-1 hours)", "rate(1.5 hours)"];
    for (const text of [...bad, "rate(5 seconds)", "cron(0 12 * * ? *)", "rate(5minutes)", "5 minutes", ""]) {
      expect(() => parseRate(text), text).toThrowError(/is no rate/);
    }
    for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => every(seconds)).toThrowError();
  });
});
