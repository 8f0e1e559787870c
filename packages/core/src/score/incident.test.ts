import { describe, expect, it } from "vitest";
import { incidentId, type OpenIncident, stepIncident } from "./incident.ts";

const run = (anomalies: string, closeAfterRows: number) => {
  let open: OpenIncident | undefined;
  return [...anomalies].map((mark, row) => {
    open = stepIncident(open, mark === "!", closeAfterRows, () => ({ id: "i", startMs: row, normalRows: 0 }));
    return open ? open.startMs : "-";
  });
};

describe("stepIncident", () => {
  it("opens with an anomaly and closes after so many rows in a row without one", () => {
    expect(run(".!..!...!", 3)).toEqual(["-", 1, 1, 1, 1, 1, 1, "-", 8]);
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
