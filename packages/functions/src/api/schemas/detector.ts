import { z } from "@hono/zod-openapi";
import { Detector } from "@tidewatch/core/detector";
import { pageOf, unreadableDetectors } from "./paging.ts";

const detectorExample = {
  id: "web",
  description: "CPU and memory of the web servers",
  match: { entity: "web-*", tags: { env: "prod" } },
  features: [{ metric: "cpu", direction: "up" as const }, { metric: "memory" }],
  model: { family: "var" as const },
  sensitivity: 5,
};

/** A clone, because only schemas made after the import of this `z` can be described for OpenAPI. */
export const DetectorDocument = Detector.clone().openapi("Detector", { example: detectorExample });
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
    trainingRows: z.int(),
  })
  .openapi("TrainResult", { example: { version: 3, trainingRows: 43_200 } });
