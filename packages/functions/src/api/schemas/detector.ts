import { z } from "@hono/zod-openapi";
import { type AnyDetector, parseAnyDetector } from "@tidewatch/core/any-detector";
import { Detector } from "@tidewatch/core/detector";
import { LogDetector } from "@tidewatch/core/log/detector";
import { pageOf, unreadableDetectors } from "./paging.ts";

const detectorExample = {
  id: "web",
  description: "CPU and memory of the web servers",
  match: { entity: "web-*", tags: { env: "prod" } },
  features: [{ metric: "cpu", direction: "up" as const }, { metric: "memory" }],
  model: { family: "var" as const },
  sensitivity: 5,
};

const logDetectorExample = {
  id: "hdfs",
  description: "Blocks of the file system",
  match: { type: "log" as const, entity: "hdfs-*" },
  session: { key: { pattern: "blk_-?\\d+" } },
  rates: { intervalSeconds: 300 },
};

/** One of each kind, for bodies. */
export const DETECTOR_EXAMPLES = {
  metrics: { summary: "Of metrics", value: detectorExample },
  logs: { summary: "Of logs", value: logDetectorExample },
};

/** Clones, because only schemas made after the import of this `z` can be described for OpenAPI. */
export const MetricDetectorDocument = Detector.clone().openapi("MetricDetector", { example: detectorExample });
export const LogDetectorDocument = LogDetector.clone().openapi("LogDetector", { example: logDetectorExample });

/**
 * Either kind. Not a union of the two, which would say of a mistake what is wrong by both: `match.type` tells which one
 * it is meant to be.
 */
export const DetectorDocument = z
  .unknown()
  .transform((document, context): AnyDetector => {
    const { data, error } = parseAnyDetector(document);
    if (data) return data;
    for (const { path, message } of error.issues) context.addIssue({ code: "custom", path, message });
    return z.NEVER;
  })
  .openapi("Detector", {
    oneOf: ["MetricDetector", "LogDetector"].map((name) => ({ $ref: `#/components/schemas/${name}` })),
    description: "Watches metrics, or logs where `match.type` is `log`.",
    example: detectorExample,
  });
export const DetectorPage = pageOf(DetectorDocument)
  .extend({ unreadable: unreadableDetectors })
  .openapi("DetectorPage");

/** A path's `id` that could be no detector's is not found, rather than invalid. */
export const DetectorPath = z.object({
  id: z.string().openapi({ param: { name: "id", in: "path" }, description: "The detector's id.", example: "web" }),
});

export const TrainResult = z
  .object({
    version: z.int().openapi({ description: "Of the model that is in use now." }),
    trainingRows: z.int().openapi({ description: "Of a log detector: sessions." }),
  })
  .openapi("TrainResult", { example: { version: 3, trainingRows: 43_200 } });
