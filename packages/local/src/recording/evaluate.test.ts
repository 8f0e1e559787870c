import { describe, expect, it } from "vitest";
import { type Episode, evaluate, RECOVERY_MS } from "./evaluate.ts";

const HOUR_MS = 3_600_000;
const span = { startMs: 0, endMs: 2 * HOUR_MS };
const episode = (startMs: number, endMs: number): Episode => ({ kind: "cpu-hog", startMs, endMs });

describe("evaluation by episodes", () => {
  it("counts an episode once, however many incidents open in it", () => {
    const result = evaluate(
      [
        { startMs: 110_000, endMs: 111_000 },
        { startMs: 130_000, endMs: 140_000 },
      ],
      [episode(100_000, 160_000)],
      span,
    );

    expect(result).toMatchObject({
      episodes: 1,
      detected: 1,
      incidents: 2,
      falseIncidents: 0,
      precision: 1,
      recall: 1,
    });
    expect(result.medianDelaySeconds).toBe(10);
  });

  it("counts incidents that open in no episode as false alarms, per hour of the span", () => {
    const result = evaluate([{ startMs: 500_000, endMs: 500_000 }], [episode(100_000, 160_000)], span);

    expect(result).toMatchObject({
      detected: 0,
      falseIncidents: 1,
      precision: 0,
      recall: 0,
      f1: 0,
      falseAlarmsPerHour: 0.5,
    });
    expect(result.missed).toHaveLength(1);
  });

  it("does not credit an incident that was open before the fault began", () => {
    const result = evaluate([{ startMs: 90_000, endMs: 150_000 }], [episode(100_000, 160_000)], span);

    expect(result).toMatchObject({ detected: 0, falseIncidents: 1 });
  });

  it("gives a fault time to recover, and no longer", () => {
    const at = (startMs: number) => evaluate([{ startMs, endMs: startMs }], [episode(100_000, 160_000)], span).detected;

    expect(at(160_000 + RECOVERY_MS)).toBe(1);
    expect(at(160_001 + RECOVERY_MS)).toBe(0);
  });

  it("leaves out what starts before the span, such as training data", () => {
    const result = evaluate([{ startMs: 10, endMs: 20 }], [episode(0, 30)], { startMs: 50, endMs: 60 });

    expect(result).toMatchObject({ episodes: 0, incidents: 0, falseIncidents: 0 });
  });
});
