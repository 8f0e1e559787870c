import { expect, it } from "vitest";
import { type ServerStatus, statusText } from "./status-text.ts";

const STATUS: ServerStatus = {
  version: "1.2.3",
  archive: { received: 12, archived: 10, quarantined: 2 },
  score: { received: 11, invalid: 2, unmatched: 1, deliveries: 8 },
  detectors: [],
};

it("shows the counts as sums and warns of nothing", () => {
  const text = statusText(STATUS);
  expect(text).toContain("archive: 12 received = 10 archived + 2 quarantined");
  expect(text).toContain("score:   11 received = 8 matched + 1 unmatched + 2 invalid");
  expect(text).not.toContain("warning");
});

it("shows log lines where there are any, and warns of those that failed", () => {
  const none = { received: 0, invalid: 0, lines: 0, unmatched: 0, failed: 0 };
  expect(statusText({ ...STATUS, log: none })).toBe(statusText(STATUS));
  const log = { received: 12, invalid: 2, lines: 1010, unmatched: 10, failed: 3 };
  const text = statusText({ ...STATUS, log });
  expect(text).toContain("logs:    1,010 lines = 1,000 matched + 10 unmatched; 2 records invalid");
  expect(text).toContain("warning: 3 log records failed and are kept");
});

it("warns of a detector that cannot be read, with the next step", () => {
  const unreadableDetectors = [{ id: "web", reason: "the stored detector web cannot be read: not a detector" }];
  expect(statusText({ ...STATUS, unreadableDetectors })).toMatch(
    /^warning: the stored detector web cannot be read: .*`tidewatch detectors apply` replaces it or `detectors delete web`/m,
  );
});

it("names the family of the model in use, and the one that has none yet", () => {
  const detector = {
    ...{ id: "web", enabled: true, series: 1, events: 8, late: 0, anomalies: 0, suppressed: 0 },
    ...{ rows: { scored: 8, warmingUp: 0, skipped: 0, imputed: 0 }, learns: "by training", warmUp: null },
  };
  const model = { family: "lstm", version: 1, trainingRows: 600 };
  const detectors = [
    { ...detector, family: "lstm", model },
    { ...detector, family: "var", model },
    { ...detector, family: "var", model: null },
    { ...detector, family: "stream", learns: "row by row", model: null },
  ];
  const rows = statusText({ ...STATUS, detectors })
    .split("\n")
    .slice(-4);
  const models = ["lstm, version 1", "lstm, version 1; var, none yet", "var, none yet", "stream"];
  for (const [index, text] of models.entries()) expect(rows[index]).toMatch(new RegExp(` 0 +${text} +scoring$`));
});

it("says of detectors of logs what was found within a day, by which model, or what they wait for", () => {
  const model = { version: 3, trainedAtMs: Date.UTC(2026, 10, 21, 10, 4), trainingSessions: 1204 };
  const found = { lastDay: 100, hasMore: true };
  const one = { enabled: true, rates: null };
  const logDetectors = [
    { ...one, id: "hdfs", model, warmUp: null, anomalousSessions: found },
    {
      ...one,
      id: "jobs",
      model: null,
      warmUp: { cause: "no model yet" },
      anomalousSessions: { lastDay: 0, hasMore: false },
    },
    { ...one, id: "old", enabled: false },
  ];
  const text = statusText({ ...STATUS, logDetectors });
  expect(text).toMatch(/^hdfs +100 and more +version 3 of 2026-11-21T10:04Z, 1,204 sessions +judging$/m);
  expect(text).toMatch(/^jobs +0 +none yet +no model yet$/m);
  expect(text).toMatch(/^old +– +none yet +off$/m);
});
