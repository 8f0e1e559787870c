import { z } from "@hono/zod-openapi";
import { Anomaly } from "@tidewatch/core/store/anomaly";
import { pageOf } from "./paging.ts";

const count = z.int().nonnegative();

export const WarmUp = z
  .object({ cause: z.string(), rowsNeeded: count })
  .openapi("WarmUp", { example: { cause: "no model yet: 140 of 600 training rows", rowsNeeded: 460 } });

export const RowCounts = z
  .object({
    scored: count,
    warmingUp: count.openapi({ description: "Seen before there was a model or a full window." }),
    skipped: count.openapi({ description: "Incomplete, and the missing-data policy says to leave them out." }),
    imputed: count.openapi({ description: "Filled by the missing-data policy; never scored." }),
  })
  .openapi("RowCounts");

export const SeriesSummary = z
  .object({
    detector: z.string(),
    entity: z.string(),
    lastTimestamp: z.int().nullable().openapi({ description: "Time of the newest row; `null` before the first." }),
    events: count,
    late: count,
    rows: RowCounts,
    anomalies: count,
    suppressed: count,
    incident: z.object({ id: z.string(), startMs: z.int() }).nullable().openapi({ description: "The open one." }),
    warmUp: WarmUp.nullable(),
  })
  .openapi("Series", {
    example: {
      detector: "web",
      entity: "web-01",
      lastTimestamp: 1_763_632_800_000,
      events: 4321,
      late: 1,
      rows: { scored: 3700, warmingUp: 600, skipped: 20, imputed: 0 },
      anomalies: 12,
      suppressed: 3,
      incident: { id: "5f0c954e7c0d4f0e", startMs: 1_763_632_795_000 },
      warmUp: null,
    },
  });
export const SeriesPage = pageOf(SeriesSummary).openapi("SeriesPage");

const perFeature = z.array(z.number().nullable()).openapi({ description: "In the order of `features`." });

export const Point = z
  .object({
    timestamp: z.int(),
    values: perFeature,
    score: z.number().nullable().openapi({ description: "−log10 of how rare the row is; `null` unless scored." }),
    threshold: z.number().openapi({ description: "Score at or above which a row is anomalous." }),
    grade: z.number().min(0).max(1).openapi({ description: "0 is normal, 1 the strangest." }),
    expected: perFeature,
    lower: perFeature,
    upper: perFeature,
    state: z.enum(["scored", "warming-up", "skipped", "imputed"]),
    suppressed: z.boolean().openapi({ description: "At or above the threshold, but a rule of the detector applied." }),
  })
  .openapi("Point");
export const Points = z
  .object({
    detector: z.string(),
    entity: z.string(),
    features: z.array(z.string()),
    points: z.array(Point),
    cursor: z.string().nullable().openapi({ description: "Send it for the points before these; `null` at the end." }),
  })
  .openapi("Points", {
    example: {
      detector: "web",
      entity: "web-01",
      features: ["cpu", "memory"],
      points: [
        {
          timestamp: 1_763_632_800_000,
          values: [97.5, 61.2],
          score: 4.21,
          threshold: 3.5,
          grade: 0.31,
          expected: [41.7, 60.8],
          lower: [28.2, 58.1],
          upper: [55.2, 63.5],
          state: "scored",
          suppressed: false,
        },
      ],
      cursor: null,
    },
  });

/** A clone, because only schemas made after the import of this `z` can be described for OpenAPI. */
export const AnomalyDocument = Anomaly.clone().openapi("Anomaly", {
  example: {
    detector: "web",
    entity: "web-01",
    timestamp: 1_763_632_800_000,
    row: 4310,
    score: 4.21,
    threshold: 3.5,
    grade: 0.31,
    values: { cpu: 97.5, memory: 61.2 },
    expected: { cpu: 41.7, memory: 60.8 },
    lower: { cpu: 28.2, memory: 58.1 },
    upper: { cpu: 55.2, memory: 63.5 },
    attribution: { cpu: 0.93, memory: 0.07 },
    modelVersion: 3,
    configHash: "0f3a1c2b4d5e6f70",
    incidentId: "5f0c954e7c0d4f0e",
    suppressedBy: null,
  },
});
export const AnomalyPage = pageOf(AnomalyDocument).openapi("AnomalyPage");
