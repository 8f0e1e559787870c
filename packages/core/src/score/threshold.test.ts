import { describe, expect, it } from "vitest";
import { Detector } from "../detector.ts";
import { anomalyScore, fitCalibration } from "../model/calibration.ts";
import { randomOf } from "../model/random.ts";
import { stepIncident } from "./incident.ts";
import {
  detectorThreshold,
  expectedFalseAlarmsPerWeek,
  gradeOf,
  storedGrade,
  thresholdOf,
  thresholdOfContamination,
} from "./threshold.ts";

describe("threshold and grade", () => {
  it("maps sensitivity to the documented thresholds", () => {
    expect([1, 3, 5, 7, 10].map(thresholdOf).map((t) => Number(t.toFixed(6)))).toEqual([5.1, 4.3, 3.5, 2.7, 1.5]);
  });

  it("grades 0 below the threshold, 0.1 on it, and 1 three decades beyond", () => {
    expect(gradeOf(3.4999, 3.5)).toBe(0);
    expect(gradeOf(3.5, 3.5)).toBe(0.1);
    expect(gradeOf(4.5, 3.5)).toBeCloseTo(0.4, 12);
    expect(gradeOf(6.5, 3.5)).toBeCloseTo(1, 12);
    expect(gradeOf(16, 3.5)).toBe(1);
  });

  it("keeps a stored anomaly one, though float32 rounds its score below the threshold", () => {
    expect(storedGrade(Math.fround(1.1) - 1e-6, 1.1)).toBe(0.1);
  });

  it("lets a contamination alarm as large a share of the reference rows", () => {
    const random = randomOf(1);
    const raw = Float64Array.from({ length: 4000 }, () => 0.4 + 0.1 * random.unit() ** 2);
    const calibration = fitCalibration(raw);
    for (const contamination of [0.5, 0.1, 0.05, 0.03]) {
      const threshold = thresholdOfContamination(contamination);
      const share = raw.filter((score) => anomalyScore(calibration, score) >= threshold).length / raw.length;
      expect(share / contamination).toBeCloseTo(1, 1);
    }
  });

  it("takes a model's contamination before the sensitivity", () => {
    const thresholdBy = (model: object) => detectorThreshold(Detector.parse({ ...host, sensitivity: 3, model }));
    const host = { id: "host", features: [{ metric: "cpu" }] };
    expect(thresholdBy({ family: "isolation-forest", contamination: 0.01 })).toBe(2);
    expect(thresholdBy({ family: "isolation-forest" })).toBe(thresholdOf(3));
    expect(thresholdBy({})).toBe(thresholdOf(3));
    expect(() => thresholdBy({ family: "isolation-forest", contamination: 0 })).toThrow();
  });

  it("says how many false incidents a week a sensitivity means", () => {
    const perWeek = (sensitivity: number) => expectedFalseAlarmsPerWeek(thresholdOf(sensitivity), 300, 5);
    // 2,016 rows a week × 10^−t × (1 − 10^−t)^5
    expect([1, 3, 5, 7, 10].map((s) => Number(perWeek(s).toPrecision(3)))).toEqual([0.016, 0.101, 0.637, 3.98, 54.3]);
    expect(expectedFalseAlarmsPerWeek(thresholdOf(5), 60, 5)).toBeCloseTo(5 * perWeek(5), 12);
  });

  it("counts the incidents of rows that do not depend on each other", () => {
    const random = randomOf(3);
    const rows = 200_000;
    let incidents = 0;
    let open: ReturnType<typeof stepIncident>;
    for (let row = 0; row < rows; row++) {
      open = stepIncident(open, -Math.log10(1 - random.unit()) >= 1.5 ? "anomaly" : "normal", 5, () => {
        incidents++;
        return { id: "i", startMs: row, normalRows: 0 };
      });
    }
    const weeks = rows / 2016;
    expect(incidents / weeks / expectedFalseAlarmsPerWeek(1.5, 300, 5)).toBeCloseTo(1, 1);
  });
});
