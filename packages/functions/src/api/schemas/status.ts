import { z } from "@hono/zod-openapi";
import { Scope } from "@tidewatch/core/access/scopes";
import { FAMILY_NAMES } from "@tidewatch/core/model/families";
import { unreadableDetectors } from "./paging.ts";
import { RowCounts, WarmUp } from "./results.ts";

const count = z.int().nonnegative();

export const DetectorStatus = z
  .object({
    id: z.string(),
    description: z.string(),
    enabled: z.boolean(),
    series: count,
    events: count,
    late: count,
    rows: RowCounts,
    anomalies: count,
    suppressed: count,
    family: z.enum(FAMILY_NAMES).openapi({ description: "The model family that the detector names." }),
    learns: z.enum(["by training", "row by row", "elsewhere"]),
    model: z
      .object({
        family: z.string().openapi({ description: "Another than the detector's until that one has a model." }),
        version: z.int(),
        trainedAtMs: z.int(),
        trainingRows: count,
      })
      .nullable()
      .openapi({ description: "The version in use." }),
    warmUp: WarmUp.nullable(),
  })
  .openapi("DetectorStatus");

export const LogDetectorStatus = z
  .object({
    id: z.string(),
    description: z.string(),
    enabled: z.boolean(),
    rates: DetectorStatus.nullable().openapi({
      description: "Of the detector `<id>.rates`, whose series are counts of lines per template.",
    }),
    model: z
      .object({ version: z.int(), trainedAtMs: z.int(), trainingSessions: count })
      .nullable()
      .openapi({ description: "The version in use; verdicts come after the first training." }),
    warmUp: z
      .object({ cause: z.string(), sessionsNeeded: count })
      .nullable()
      .openapi({ description: "Why there is no model yet, and how many ended sessions it waits for." }),
    anomalousSessions: z.object({ lastDay: count, hasMore: z.boolean() }).openapi({
      description:
        "Sessions found anomalous that began in the last 24 hours, by the time of their lines; at most 100 are counted.",
    }),
  })
  .openapi("LogDetectorStatus");

export const Status = z
  .object({
    version: z.string(),
    nowMs: z.int(),
    scopes: z.array(Scope.clone()).openapi({
      description: "What the key of this request may do, with what that implies; all where none was sent or needed.",
    }),
    archive: z.object({ received: count, archived: count, quarantined: count }).openapi({
      description:
        "Every record of the stream: received = archived + quarantined. One of CloudWatch Logs, with many log events, counts " +
        "as quarantined when one of them is.",
    }),
    score: z.object({ received: count, invalid: count, unmatched: count, deliveries: count, failed: count }).openapi({
      description:
        "Metric records: received = invalid + unmatched + matched. A matched one is delivered to each detector that " +
        "it belongs to: deliveries = the sum of the detectors' events + failed. A failed delivery is one that its series " +
        "could not take in; it is kept under `failed/score/`, and `POST /v1/failed/redrive` sends it again.",
    }),
    log: z
      .object({ received: count, invalid: count, lines: count, unmatched: count, deliveries: count, failed: count })
      .openapi({
        description:
          "Log records and the lines in them: one, or those of a record of CloudWatch Logs. lines = unmatched + matched. A " +
          "matched one is delivered to each log detector that it belongs to; `failed` records are kept under `failed/log/`.",
      }),
    detectors: z.array(DetectorStatus).openapi({ description: "Those of metrics." }),
    logDetectors: z.array(LogDetectorStatus),
    unreadableDetectors,
    consumers: z.array(z.object({ name: z.string(), shardId: z.string(), lag: count })).openapi({
      description: "Records that each consumer has yet to read; empty where the platform knows it better.",
    }),
  })
  .openapi("Status", {
    example: {
      version: "0.1.0",
      nowMs: 1_763_632_800_000,
      scopes: ["read"],
      archive: { received: 4410, archived: 4400, quarantined: 10 },
      score: { received: 4402, invalid: 2, unmatched: 79, deliveries: 4323, failed: 2 },
      log: { received: 8, invalid: 0, lines: 8, unmatched: 1, deliveries: 7, failed: 0 },
      detectors: [
        {
          id: "web",
          description: "CPU and memory of the web servers",
          enabled: true,
          series: 1,
          events: 4321,
          late: 1,
          rows: { scored: 3700, warmingUp: 600, skipped: 20, imputed: 0 },
          anomalies: 12,
          suppressed: 3,
          family: "var",
          learns: "by training",
          model: { family: "var", version: 3, trainedAtMs: 1_763_630_000_000, trainingRows: 600 },
          warmUp: null,
        },
      ],
      logDetectors: [
        {
          ...{ id: "hdfs", description: "Blocks of the file system", enabled: true, rates: null, model: null },
          warmUp: { cause: "no model yet: 140 of 1000 sessions have ended", sessionsNeeded: 860 },
          anomalousSessions: { lastDay: 0, hasMore: false },
        },
      ],
      unreadableDetectors: [],
      consumers: [{ name: "score", shardId: "shardId-000000000000", lag: 0 }],
    },
  });
