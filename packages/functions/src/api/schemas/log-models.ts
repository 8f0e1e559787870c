import { z } from "@hono/zod-openapi";
import { LogManifest } from "@tidewatch/core/register/log-manifest";
import { Base64 } from "./models.ts";

export const LogModelImport = z
  .strictObject({
    manifest: z
      .record(z.string(), z.unknown())
      .openapi({ description: "manifest.json of the model; its name and version do not matter." }),
    files: z
      .strictObject({ "templates.bin": Base64, "sessions.json": Base64, "forest.bin": Base64.optional() })
      .openapi({ description: "Each file as base64." }),
    promote: z.boolean().default(false).openapi({ description: "Whether it is used at once." }),
  })
  .openapi("LogModelImport", {
    example: {
      manifest: { format: 1, family: "log-sessions" },
      files: { "templates.bin": "VFdMVA==", "sessions.json": "e30=" },
      promote: false,
    },
  });

const { labels, decidedBy, metrics } = LogManifest.shape;
export const ImportedLogModel = z
  .object({
    name: z.string(),
    version: z.int(),
    trainingSessions: z.int(),
    labels: labels.clone(),
    decidedBy: decidedBy.clone(),
    metrics: metrics.clone(),
    promoted: z.boolean(),
  })
  .openapi("ImportedLogModel");
