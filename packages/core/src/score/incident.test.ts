import { describe, expect, it } from "vitest";
import { incidentId, type OpenIncident, stepIncident } from "./incident.ts";

const STEPS = { "!": "anomaly", "~": "continues", ".": "normal" } as const;
const run = (rows: string, closeAfterRows: number) => {
  let open: OpenIncident | undefined;
  return [...rows].map((mark, row) => {
    open = stepIncident(open, STEPS[mark as keyof typeof STEPS], closeAfterRows, () => ({
      id: "i",
      startMs: row,
      normalRows: 0,
    }));
    return open ? open.startMs : "-";
  });
};

describe("stepIncident", () => {
  it("opens with an anomaly and closes after so many rows in a row without one", () => {
    expect(run(".!..!...!", 3)).toEqual(["-", 1, 1, 1, 1, 1, 1, "-", 8]);
  });

  it("stays open while what was reported goes on, but does not open for it", () => {
    expect(run("~.!.~.~..~", 2)).toEqual(["-", "-", 2, 2, 2, 2, 2, 2, "-", "-"]);
  });
});

describe("incidentId", () => {
  it("tells detectors, entities and starts apart, also when their texts run together", () => {
    const ids = [
      incidentId("a", "b", 12),
      incidentId("a", "b1", 2),
      incidentId("ab", "", 12),
      incidentId("a", "b", 13),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
