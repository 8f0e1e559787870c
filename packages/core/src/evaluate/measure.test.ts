import { describe, expect, it } from "vitest";
import { eventsFrom, eventsOfLabels, mergeEvents } from "./events.ts";
import { type JudgedRows, meanMeasures, measure } from "./measure.ts";

const HOUR_MS = 3_600_000;
const judged = (scores: readonly number[], threshold: number): JudgedRows => ({
  timestamps: Float64Array.from(scores, (_, row) => row * 2 * HOUR_MS),
  scores: Float64Array.from(scores),
  isAnomaly: Uint8Array.from(scores, (score) => (score >= threshold ? 1 : 0)),
});

describe("measures of a series", () => {
  it("say what the detector's own threshold came to, by rows and by events", () => {
    const { ofEvents, falseAlarmsPerDay } = measure(judged([0, 5, 0, 4, 0, 0, 4, 0, 1, 0, 0, 0], 3), [
      [3, 4],
      [8, 8],
    ]);
    expect(falseAlarmsPerDay).toBe(2);
    expect(ofEvents).toMatchObject({ precision: 1 / 3, recall: 1 / 3, eventRecall: 0.5 });
    expect(ofEvents!.f1).toBeCloseTo(1 / 3, 12);
  });

  it("are 0 without an alarm, whatever the ranking is worth", () => {
    const { ofEvents } = measure(judged([0, 0, 1, 0], 3), [[2, 2]]);
    expect(ofEvents).toMatchObject({ precision: 0, recall: 0, f1: 0, averagePrecision: 1, eventRecallAtOneADay: 1 });
  });

  it("leave out what needs events where nothing is labelled", () => {
    expect(measure(judged([0, 9], 3), [])).toEqual({ falseAlarmsPerDay: 6, ofEvents: undefined });
  });

  it("are averaged over series, those of events over the ones that have some", () => {
    const one = measure(judged([0, 9], 3), [[1, 1]]);
    const other = measure(judged([9, 0], 3), [[1, 1]]);
    const none = measure(judged([0, 9], 3), []);
    const mean = meanMeasures([one, other, none]);
    expect(mean.falseAlarmsPerDay).toBe((0 + 6 + 6) / 3);
    expect(mean.ofEvents).toMatchObject({ precision: 0.5, recall: 0.5, averagePrecision: 0.75 });
    expect(meanMeasures([none]).ofEvents).toBeUndefined();
    expect(meanMeasures([]).falseAlarmsPerDay).toBe(0);
  });
});

describe("events", () => {
  it("are runs of labels", () => {
    expect(eventsOfLabels([1, 1, 0, 0, 1, 0, 1])).toEqual([
      [0, 1],
      [4, 4],
      [6, 6],
    ]);
  });

  it("become one when they share a row, and stay apart when they only touch", () => {
    const events = mergeEvents([
      [10, 12],
      [1, 5],
      [5, 7],
      [8, 9],
      [11, 11],
    ]);
    expect(events).toEqual([
      [1, 7],
      [8, 9],
      [10, 12],
    ]);
  });

  it("are cut to the rows after the training part", () => {
    const events = eventsFrom(
      [
        [1, 3],
        [5, 9],
        [20, 21],
      ],
      7,
    );
    expect(events).toEqual([
      [0, 2],
      [13, 14],
    ]);
  });
});
