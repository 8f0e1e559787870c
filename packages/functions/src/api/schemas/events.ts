import { z } from "@hono/zod-openapi";

export const IngestResult = z
  .object({
    accepted: z.int().openapi({ description: "Events that are durable on the stream now." }),
    rejected: z
      .array(
        z.object({
          index: z.int().openapi({ description: "Place in the request, from 0; blank lines do not count." }),
          reason: z.string(),
        }),
      )
      .openapi({ description: "Events that are refused, with the field and the rule. Nobody else keeps them." }),
  })
  .openapi("IngestResult", {
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
