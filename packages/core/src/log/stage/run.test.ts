import { expect, test } from "vitest";
import { jobModel, L0, logDetector, logEvent, logPorts, logRecords, normalJob } from "../../../../../test/support/log-stage.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { logBatch } from "./run.ts";

test("x", async () => {
  const table = memoryTable();
  const ports = logPorts(table, [logDetector({ rates: {} })], jobModel());
  const report = await logBatch(ports, logRecords([...normalJob(1, 0), ["fault", 2, 5], ...normalJob(3, 4000)]));
  console.log(logEvent(["start", 1, 0]), L0);
  console.log(report, table.items().map((item) => `${item.pk} ${item.sk} ${item.version} ${item.doc ?? item.bytes?.length}`));
  expect(report.lines).toBeGreaterThan(0);
});
