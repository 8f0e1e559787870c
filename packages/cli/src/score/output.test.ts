import { describe, expect, it } from "vitest";
import { outputHeader, outputLine } from "./output.ts";

const METRICS = ["cpu", 'disk, "root"'];
const row = {
  timestampText: "2026-11-20 10:00:00",
  score: 4.123456789,
  isAnomaly: true,
  grade: 0.25,
  expected: Float64Array.of(45.5, 1 / 3),
  attribution: Float64Array.of(0.3, 0.7),
};

describe("the output of tidewatch score", () => {
  it("names its columns and quotes what needs it", () => {
    expect(outputHeader(METRICS)).toBe(
      'timestamp,anomaly_score,is_anomaly,grade,expected_cpu,"expected_disk, ""root""",attribution\n',
    );
  });

  it("gives an anomaly its shares, the largest first", () => {
    expect(outputLine(row, METRICS)).toBe(
      '2026-11-20 10:00:00,4.12346,1,0.25,45.5,0.333333333,"disk, ""root"":0.7;cpu:0.3"\n',
    );
  });

  it("leaves unknown expectations and the shares of normal rows empty", () => {
    const normal = { ...row, score: 0, isAnomaly: false, grade: 0, expected: undefined, attribution: undefined };
    expect(outputLine(normal, METRICS)).toBe("2026-11-20 10:00:00,0,0,0,,,\n");
  });
});
