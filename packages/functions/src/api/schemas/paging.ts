import { z } from "@hono/zod-openapi";
import { LATEST_TIMESTAMP_MS } from "@tidewatch/core/ingest/event";

const MAX_PAGE = 1000;

export const limitQuery = (fallback: number, max = MAX_PAGE) =>
  z.coerce
    .number("limit must be a number")
    .int("limit must be whole")
    .min(1)
    .max(max)
    .default(fallback)
    .openapi({ type: "integer", description: "Most items of the answer." });

export const cursorQuery = z.string().max(4096).optional().openapi({
  description: "`cursor` of the answer before, with the same filters.",
});

/** No event is later; 0 stands for the beginning of all. */
const epochMs = z.coerce
  .number("must be epoch milliseconds")
  .int("must be whole epoch milliseconds")
  .nonnegative()
  .max(LATEST_TIMESTAMP_MS, "must not be after the beginning of 2100 (epoch milliseconds)");
const timeExample = { type: "integer", example: 1_763_632_800_000 } as const;

/** Epoch milliseconds in a query. */
export const timeQuery = (description: string) => epochMs.optional().openapi({ ...timeExample, description });

/** Whether a cursor's number is a time that a query may have. */
export const isTime = (ms: unknown): boolean => epochMs.safeParse(ms).success && typeof ms === "number";

/** Beside a list of detectors. */
export const unreadableDetectors = z.array(z.object({ id: z.string(), reason: z.string() })).openapi({
  description: "Stored documents that cannot be read; they are left out and do nothing. Put or delete them anew.",
  example: [],
});

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    cursor: z.string().nullable().openapi({ description: "Send it for the next page; `null` at the end." }),
  });
