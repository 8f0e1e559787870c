import { z } from "@hono/zod-openapi";
import { EntityName, SessionName } from "@tidewatch/core/ingest/event";
import { zoneMinutesOf } from "@tidewatch/core/log/line/group-lines";
import { Progress } from "../events/progress.ts";

export const IngestResult = Progress.pick({ accepted: true, rejected: true })
  .extend({
    lines: z.int().optional().openapi({ description: "Of a body of plain text: its lines, without blank ones." }),
  })
  .openapi("IngestResult", {
    example: {
      accepted: 1,
      rejected: [{ index: 1, reason: "values.cpu: a value must be a finite number or null" }],
    },
  });

const onlyText = "Of `text/plain` only. ";
/** What plain lines do not say themselves. */
export const TextQuery = z.object({
  entity: EntityName.optional().openapi({
    description: `${onlyText}Required there: what the lines are of.`,
    example: "web-01",
  }),
  session: SessionName.optional().openapi({ description: `${onlyText}The session of all lines.`, example: "job-4711" }),
  zone: z
    .string()
    // A plus sign in a query is a space once it is decoded.
    .transform((zone, context) => {
      const minutes = zoneMinutesOf(zone.replace(/^ /, "+"));
      if (minutes === undefined) context.addIssue("must be an offset of UTC such as +02:00, or Z");
      return minutes ?? z.NEVER;
    })
    .optional()
    .openapi({
      type: "string",
      description: `${onlyText}Offset of UTC of times that name no zone; UTC unless said otherwise.`,
      example: "+02:00",
    }),
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
