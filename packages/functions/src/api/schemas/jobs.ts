import { z } from "@hono/zod-openapi";
import { Job } from "@tidewatch/core/backtest/job";
import { LATEST_TIMESTAMP_MS } from "@tidewatch/core/ingest/event";

export const JobPath = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) });
export const JobDocument = Job.clone().openapi("Job", {
  description: "`result` is of what is done so far; it is whole when `state` is `done`.",
});

const time = (description: string) =>
  z.int().min(0).max(LATEST_TIMESTAMP_MS).openapi({ description, example: 1_763_632_800_000 });
export const BacktestBody = z
  .strictObject({
    model: z
      .string()
      .regex(/^[^@]+@[1-9]\d{0,7}$/, "must look like NAME@VERSION")
      .openapi({ description: "NAME@VERSION; the name is a detector's id.", example: "web@3" }),
    fromMs: time("Begin of the rows, by their time."),
    toMs: time("End, which is not part of them."),
  })
  .openapi("BacktestOrder");
