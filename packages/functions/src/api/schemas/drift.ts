import { z } from "@hono/zod-openapi";
import { DriftCheck } from "@tidewatch/core/drift/check";
import { pageOf } from "./paging.ts";

const example = {
  ...{ detector: "web", atMs: 1_763_650_800_000, modelVersion: 3 },
  ...{ referenceFromMs: 1_762_560_000_000, referenceToMs: 1_763_164_800_000, referenceDays: 7, isProvisional: false },
  ...{ drifted: true, sinceMs: 1_763_643_600_000 },
  verdict:
    "What comes in is not what the model learnt, since 2025-11-20 13:00 UTC. cpu is 3.2 standard deviations higher than " +
    "usual. It is held against 7 days of reference.",
};

export const DriftCheckDocument = DriftCheck.clone().openapi("DriftCheck", {
  description:
    "What comes in, held against what the model learnt. `findings`: one per feature and statistic, what drifted first.",
  example: {
    ...example,
    findings: [
      {
        ...{ feature: "cpu", statistic: "level", value: 3.18, limit: 1.42, effect: 3.18, unit: "deviations" },
        ...{ pValue: 0.000_02, isOver: true, drifted: true, sinceMs: 1_763_643_600_000, shape: "sudden" },
        ...{ sparkline: [0.12, -0.05, 3.2], entities: ["web-01"] },
        text: "cpu is 3.2 standard deviations higher than usual.",
      },
    ],
  },
});
export type DriftCheckDocument = z.output<typeof DriftCheckDocument>;

export const DriftSummary = z
  .object({
    detector: z.string(),
    atMs: z.int().openapi({ description: "End of the last hour that was judged." }),
    modelVersion: z.int().openapi({ description: "0 for a model family that learns by itself." }),
    referenceDays: z.number(),
    isProvisional: z.boolean().openapi({ description: "The reference is too short: nothing follows." }),
    drifted: z.boolean(),
    sinceMs: z.int().nullable(),
    what: z.array(z.string()).openapi({ description: "What has drifted, as `statistic feature`." }),
    verdict: z.string(),
  })
  .openapi("DriftSummary", {
    example: {
      ...{ detector: "web", atMs: example.atMs, modelVersion: 3, referenceDays: 7, isProvisional: false },
      ...{ drifted: true, sinceMs: example.sinceMs, what: ["level cpu"], verdict: example.verdict },
    },
  });
export type DriftSummary = z.output<typeof DriftSummary>;

export const DriftSummaryPage = pageOf(DriftSummary).openapi("DriftSummaryPage");
export const DriftCheckPage = pageOf(DriftCheckDocument).openapi("DriftCheckPage");

export const DriftPath = z.object({
  detector: z.string().openapi({
    param: { name: "detector", in: "path" },
    description: "The detector's id.",
    example: "web",
  }),
});
