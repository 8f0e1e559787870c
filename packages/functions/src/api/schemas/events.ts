import { Progress } from "../events/progress.ts";

export const IngestResult = Progress.pick({ accepted: true, rejected: true }).openapi("IngestResult", {
  example: {
    accepted: 1,
    rejected: [{ index: 1, reason: "values.cpu: a value must be a finite number or null" }],
  },
});

export const metricEventExample = {
  type: "metric",
  entity: "i-0abc",
  timestamp: "2026-11-20T10:00:00Z",
  values: { cpu: 45.2, memory: 78.1 },
  tags: { env: "prod" },
} as const;
export const logEventExample = {
  type: "log",
  entity: "hdfs",
  timestamp: 1_763_632_800_000,
  message: "Receiving block blk_-1608 src: /10.0.0.1:50010",
  session: "blk_-1608",
} as const;
